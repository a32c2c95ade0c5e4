import { createHash, timingSafeEqual } from 'node:crypto';
import express, { type Express, type RequestHandler } from 'express';
import type * as z from 'zod';
import type { Cache } from '../system/cache/cache.js';
import {
  BODY_LIMIT,
  type configReply,
  configRequest,
  listRequest,
  ROUTES,
  snapshotRequest,
  TOKEN_HEADER
} from '../contract/routes.js';
import { targetSettings } from '../contract/target-settings.js';
import { ShipEnvError } from '../errors.js';
import { jsonRoute, replyWithError } from './routes/reply.js';
import { shipRoutes } from './routes/ships.js';
import { checkTarget } from '../inventory/check.js';
import { configOf } from '../ship/config.js';
import { listArtifacts } from '../inventory/list.js';
import type { Jobs } from './jobs.js';
import { takeSnapshot } from '../environment/index.js';

/** What the app needs. */
export interface AppDependencies {
  readonly jobs: Jobs;
  readonly cache: Cache;
  /** The secret that every request must carry. */
  readonly token: string;
  readonly version: string;
}

/** The sidecar's HTTP interface (contract/routes.ts). The caller makes it listen. */
export function createApp({ jobs, cache, token, version }: AppDependencies): Express {
  const app = express();
  app.disable('x-powered-by');
  app.use(requireToken(token));
  app.use(express.json({ limit: BODY_LIMIT }));
  app.get(`/${ROUTES.health}`, (_request, response) => void response.json({ name: 'ship-env', version }));
  app.use(`/${ROUTES.ships}`, shipRoutes(jobs));
  // The sidecar lives for days, and a person may remove the cache by hand meanwhile.
  app.use([`/${ROUTES.snapshots}`, `/${ROUTES.config}`], (_request, _response, next) => {
    cache.prepare().then(() => next(), next);
  });
  app.post(
    `/${ROUTES.snapshots}`,
    jsonRoute(snapshotRequest, ({ python }, signal) => takeSnapshot({ python, cache, signal }))
  );
  app.post(
    `/${ROUTES.targetCheck}`,
    jsonRoute(targetSettings, (settings, signal) => checkTarget(settings, signal))
  );
  app.post(
    `/${ROUTES.targetList}`,
    jsonRoute(listRequest, async ({ target }, signal) => ({ artifacts: await listArtifacts(target, signal) }))
  );
  app.post(
    `/${ROUTES.config}`,
    jsonRoute(configRequest, async (request, signal): Promise<z.infer<typeof configReply>> => {
      const { conf, cell } = await configOf({ ...request, format: 'pex', dryRun: false }, { cache, signal });
      return { conf, cell };
    })
  );
  app.use(request => {
    throw new ShipEnvError('NOT_FOUND', `There is no route ${request.method} ${request.path}.`);
  });
  app.use(replyWithError);
  return app;
}

/**
 * The socket's directory is private already. The token also keeps out a process that inherited the socket by mistake.
 */
function requireToken(token: string): RequestHandler {
  const expected = digest(token);
  return (request, _response, next) => {
    if (!timingSafeEqual(digest(request.get(TOKEN_HEADER) ?? ''), expected)) {
      throw new ShipEnvError('AUTH_REFUSED', `The request to ${request.path} did not carry this sidecar's token.`, {
        hint: 'Only the Jupyter server that started the sidecar can talk to it.'
      });
    }
    next();
  };
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
