import { lstat, rm, rmdir } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { dirname, join } from 'node:path';
import { createApp } from './app.js';
import { Cache } from '../system/cache/cache.js';
import { ShipEnvError } from '../errors.js';
import { ship } from '../ship/ship.js';
import { MAX_KNOWN_MANIFESTS, type KnownManifests } from '../ship/holdings.js';
import { withCache } from '../ship/with-cache.js';
import { Recent } from '../system/cache/recent.js';
import { DigestMemory } from '../payloads/digest-memory.js';
import { Jobs } from './jobs.js';

/** How the sidecar is started. */
export interface ServeOptions {
  /** Path of the unix socket; its directory must be private to this user. */
  readonly socket: string;
  /** The secret that every request must carry (`SHIP_ENV_TOKEN`). */
  readonly token: string;
  readonly version: string;
  /** The socket's directory was made for this sidecar, which removes it at its end: a parent that was killed cannot. */
  readonly removeFolder?: true;
  /** When it aborts, the sidecar cancels its ships, waits for their clean-up and stops. */
  readonly signal: AbortSignal;
  /** Called as soon as the sidecar listens. */
  readonly onReady: () => void;
}

/**
 * Serves until the signal aborts.
 *
 * @throws ShipEnvError USAGE_INVALID when there is no token or the socket's directory is open to others
 */
export async function serve({ socket, removeFolder, token, version, signal, onReady }: ServeOptions): Promise<void> {
  await requirePrivateDirectory(dirname(socket));
  if (token === '') {
    throw new ShipEnvError('USAGE_INVALID', 'The environment variable SHIP_ENV_TOKEN holds no token.', {
      hint: 'The sidecar is started by the Jupyter server. To try it by hand, choose a token and send it in X-Ship-Env-Token.'
    });
  }
  const cache = await Cache.open();
  const digests = new DigestMemory();
  const manifests: KnownManifests = new Recent(MAX_KNOWN_MANIFESTS);
  const jobs = new Jobs((request, context) =>
    withCache(cache, () => ship(request, { ...context, cache, digests, manifests }))
  );
  const server = createServer(createApp({ jobs, cache, token, version }));
  await listen(server, socket);
  onReady();
  await aborted(signal);
  const closed = new Promise(resolve => server.close(resolve));
  await jobs.cancelAll();
  server.closeAllConnections();
  await closed;
  await rm(socket, { force: true });
  if (removeFolder) {
    // The file by which the parent recognises the folder of a killed server (owner.py).
    await rm(join(dirname(socket), 'owner'), { force: true });
    await rmdir(dirname(socket));
  }
}

async function requirePrivateDirectory(directory: string): Promise<void> {
  const info = await lstat(directory).catch((cause: unknown) => {
    throw new ShipEnvError('USAGE_INVALID', `The socket's directory ${directory} cannot be read.`, { cause });
  });
  const own = process.getuid === undefined || info.uid === process.getuid();
  if (info.isDirectory() && own && (info.mode & 0o077) === 0) return;
  throw new ShipEnvError(
    'USAGE_INVALID',
    `The socket's directory ${directory} must be yours and closed to others (mode 700).`,
    {
      hint: `Run: chmod 700 ${directory}`
    }
  );
}

function listen(server: Server, socket: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(socket, resolve);
  });
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
