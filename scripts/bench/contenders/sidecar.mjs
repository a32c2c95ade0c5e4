/** The sidecar, started by the very class that the Jupyter server's handler starts it with, and ships through it. */
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { ScriptFailure } from '../../lib/main.mjs';
import { paths, pythonOf } from '../../lib/paths.mjs';
import { start } from '../../lib/process.mjs';
import { peakOf } from '../measure.mjs';
import { BUCKET } from '../store.mjs';
import { resultIn } from './ship-env.mjs';

const STARTER = join(paths.root, 'scripts', 'bench', 'contenders', 'sidecar.py');

export class Sidecar {
  /** @type {import('../context.mjs').Bench} */
  #bench;
  /** @type {ReturnType<typeof start>} */
  #starter;
  /** @type {{socket: string, token: string}} */
  #door;
  /** @type {string} */
  #endpoint;

  /**
   * @param {import('../context.mjs').Bench} bench
   * @param {ReturnType<typeof start>} starter
   * @param {{socket: string, token: string}} door
   * @param {string} endpoint of the store
   */
  constructor(bench, starter, door, endpoint) {
    this.#bench = bench;
    this.#starter = starter;
    this.#door = door;
    this.#endpoint = endpoint;
  }

  /**
   * @param {import('../context.mjs').Bench} bench
   * @param {string} cache folder of the local cache
   * @param {{endpoint?: string, env?: NodeJS.ProcessEnv}} [options] endpoint of the store: by default the counting
   *   proxy; more of its environment
   * @returns {Promise<Sidecar>}
   */
  static async start(bench, cache, { endpoint = bench.store.counted, env: own = {} } = {}) {
    const env = { ...bench.env, ...bench.store.env(endpoint), SHIP_ENV_CACHE: cache, ...own };
    /** @type {(line: string) => void} */
    let heard = () => undefined;
    /** @type {Promise<string>} */
    const firstLine = new Promise(resolve => (heard = resolve));
    const starter = start(pythonOf(bench.shipEnvVenv), [STARTER], { env, onLine: heard });
    const failed = starter.ended.then(({ output }) => {
      throw new ScriptFailure(`The sidecar did not start:\n${output}`);
    });
    const sidecar = new Sidecar(bench, starter, JSON.parse(await Promise.race([firstLine, failed])), endpoint);
    bench.sidecars.add(sidecar);
    return sidecar;
  }

  /** Most memory it had resident so far, in bytes. */
  get peakBytes() {
    const pid = this.#starter.pid;
    const [sidecar] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ');
    return peakOf(Number(sidecar));
  }

  /**
   * From the POST to the event with the result.
   *
   * @param {{python: string, prefix: string}} ship
   * @returns {Promise<{ms: number, sentBytes: number, result: import('./ship-env.mjs').ShipResult}>}
   */
  async ship({ python, prefix }) {
    const { proxy } = this.#bench.store;
    proxy.sentBytes = 0;
    const url = `s3://${BUCKET}/${prefix}`;
    const target = { name: '', url, endpoint: this.#endpoint, region: 'us-east-1', pathStyle: true };
    const started = performance.now();
    const { id } = JSON.parse(await this.#ask('POST', '/ships', { python, target }));
    const events = await this.#ask('GET', `/ships/${id}/events`);
    const ms = performance.now() - started;
    return { ms, sentBytes: proxy.sentBytes, result: resultIn(events) };
  }

  async stop() {
    this.#bench.sidecars.delete(this);
    if (this.#starter.pid !== undefined) {
      endIfThere(this.#starter.pid);
    }
    await this.#starter.ended;
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {unknown} [body]
   * @returns {Promise<string>}
   */
  #ask(method, path, body) {
    const headers = { 'X-Ship-Env-Token': this.#door.token, 'Content-Type': 'application/json' };
    return new Promise((resolve, reject) => {
      // A connection that is kept may be closed by the other end at the very moment of the next request.
      request({ socketPath: this.#door.socket, method, path, headers, agent: false }, response => {
        text(response).then(resolve, reject);
      })
        .on('error', reject)
        .end(body === undefined ? undefined : JSON.stringify(body));
    });
  }
}

/**
 * @param {number} pid
 */
function endIfThere(pid) {
  try {
    process.kill(pid, 'SIGTERM');
  } catch (error) {
    // It has ended by itself, or something killed it.
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) {
      throw error;
    }
  }
}
