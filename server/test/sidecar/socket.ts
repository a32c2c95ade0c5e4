import { createServer, request as httpRequest } from 'node:http';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { TOKEN_HEADER } from '../../src/contract/routes.js';
import { createApp } from '../../src/sidecar/app.js';
import { Cache } from '../../src/system/cache/cache.js';
import { jobEvent, type JobEvent, type ShipResult } from '../../src/contract/ship.js';
import { Jobs, type RunShip } from '../../src/sidecar/jobs.js';
import { temporaryFolder } from '../support/temporary.js';

export const TOKEN = 'the token of this test';
export const RESULT: ShipResult = {
  type: 'result',
  artifact: { id: 'env-1', name: 'env-1.pex', uri: 'file:///env-1.pex', bytes: 1, sha256: '', format: 'pex' },
  code: [],
  uploadedBytes: 1,
  copiedBytes: 0,
  reusedSegments: 0,
  reused: false,
  findings: [],
  steps: [],
  ms: 1,
  conf: {},
  cell: '',
  dryRun: false
};
export const REQUEST = { python: '/venv/bin/python', target: { name: '', url: 'file:///target' } };

interface Reply {
  status: number;
  body: string;
}
type Client = (method: string, path: string, body?: unknown, headers?: Record<string, string>) => Promise<Reply>;

/** The real app on a real unix socket. */
export async function start(run: RunShip): Promise<{ call: Client; socket: string; jobs: Jobs }> {
  const folder = await temporaryFolder();
  const socket = join(folder, 'socket');
  const jobs = new Jobs(run);
  const cache = await Cache.open(join(folder, 'cache'));
  const server = createServer(createApp({ jobs, cache, token: TOKEN, version: '1.2.3' }));
  await new Promise<void>(resolve => server.listen(socket, resolve));
  onTestFinished(() => void server.close());
  const call: Client = (method, path, body, headers = { [TOKEN_HEADER]: TOKEN }) =>
    new Promise((resolve, reject) => {
      const request = httpRequest(
        { socketPath: socket, method, path: `/${path}`, headers: { ...headers, 'Content-Type': 'application/json' } },
        response => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('end', () =>
            resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() })
          );
        }
      );
      request.on('error', reject);
      request.end(typeof body === 'string' ? body : JSON.stringify(body));
    });
  return { call, socket, jobs };
}

export const doNothing: RunShip = () => Promise.resolve(RESULT);

export function events(reply: Reply): JobEvent[] {
  return reply.body
    .trim()
    .split('\n')
    .map(line => jobEvent.parse(JSON.parse(line)));
}
