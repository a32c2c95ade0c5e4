/** Ships through the sidecar, as the button does. The class of the Jupyter server's handler starts it (sidecar.py). */
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { ScriptFailure } from '../../../scripts/lib/main.mjs';
import { pythonOf } from '../../../scripts/lib/paths.mjs';
import { start } from '../../../scripts/lib/process.mjs';
import type { Bench } from '../bench.js';
import { peakOf } from '../measuring/processes.js';
import { BUCKET } from '../store/store.js';
import { resultIn, type MeasuredShip, type Ship } from './ship-env.js';

const STARTER = fileURLToPath(new URL('sidecar.py', import.meta.url));

/** The address of the sidecar, printed by sidecar.py. */
interface Address {
  readonly socket: string;
  readonly token: string;
}

/** A running sidecar. */
export class Sidecar {
  readonly #bench: Bench;
  readonly #starter: ReturnType<typeof start>;
  readonly #address: Address;
  /** Endpoint of the store. */
  readonly #endpoint: string;

  private constructor(bench: Bench, starter: ReturnType<typeof start>, address: Address, endpoint: string) {
    this.#bench = bench;
    this.#starter = starter;
    this.#address = address;
    this.#endpoint = endpoint;
  }

  /**
   * @param cache - folder of the local cache
   * @param options.endpoint - endpoint of the store; by default that of the counting proxy
   * @param options.env - more environment variables
   * @throws {@link ScriptFailure} when the sidecar ends before it listens
   */
  static async start(
    bench: Bench,
    cache: string,
    options: { endpoint?: string; env?: NodeJS.ProcessEnv } = {}
  ): Promise<Sidecar> {
    const { endpoint = bench.store.counted } = options;
    const env = { ...bench.env, ...bench.store.env(endpoint), SHIP_ENV_CACHE: cache, ...options.env };
    let hear: (line: string) => void = () => undefined;
    const firstLine = new Promise<string>(resolve => (hear = resolve));
    const starter = start(pythonOf(bench.shipEnvVenv), [STARTER], { env, onLine: line => hear(line) });
    const failed = starter.ended.then(({ output }) => {
      throw new ScriptFailure(`The sidecar did not start:\n${output}`);
    });
    const address = JSON.parse(await Promise.race([firstLine, failed])) as Address;
    const sidecar = new Sidecar(bench, starter, address, endpoint);
    bench.sidecars.add(sidecar);
    return sidecar;
  }

  /** Peak of its resident memory so far, in bytes. */
  get peakBytes(): number {
    const pid = this.#starter.pid ?? 0;
    const [sidecar] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ');
    return peakOf(Number(sidecar));
  }

  /** Measures from the POST to the event with the result. */
  async ship({ python, prefix }: Pick<Ship, 'python' | 'prefix'>): Promise<MeasuredShip> {
    const { proxy } = this.#bench.store;
    proxy.sentBytes = 0;
    const url = `s3://${BUCKET}/${prefix}`;
    const target = { name: '', url, endpoint: this.#endpoint, region: 'us-east-1', pathStyle: true };
    const started = performance.now();
    const { id } = JSON.parse(await this.#ask('POST', '/ships', { python, target })) as { id: string };
    const events = await this.#ask('GET', `/ships/${id}/events`);
    const ms = performance.now() - started;
    return { ms, sentBytes: proxy.sentBytes, result: resultIn(events) };
  }

  /** Ends the sidecar, and waits for its end. */
  async stop(): Promise<void> {
    this.#bench.sidecars.delete(this);
    if (this.#starter.pid !== undefined) {
      endIfThere(this.#starter.pid);
    }
    await this.#starter.ended;
  }

  async #ask(method: string, path: string, body?: unknown): Promise<string> {
    const headers = { 'X-Ship-Env-Token': this.#address.token, 'Content-Type': 'application/json' };
    return new Promise((resolve, reject) => {
      // No connection is kept open: the other end may close it just when the next request is sent.
      request({ socketPath: this.#address.socket, method, path, headers, agent: false }, response => {
        text(response).then(resolve, reject);
      })
        .on('error', reject)
        .end(body === undefined ? undefined : JSON.stringify(body));
    });
  }
}

function endIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGTERM');
  } catch (error) {
    // The process has ended by itself or was killed.
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) {
      throw error;
    }
  }
}
