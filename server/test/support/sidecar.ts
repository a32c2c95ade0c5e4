import { once } from 'node:events';
import { request } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import {
  jobEvent,
  shipResult,
  type ShipEvent,
  type ShipRequestInput,
  type ShipResult
} from '../../src/contract/ship.js';
import { exitOf, startShipEnv } from './bundle.js';
import { temporaryFolder } from './temporary.js';

/** The sidecar of the bundle with an empty cache. */
export class Sidecar {
  readonly pid: number;
  /** The folder of its local cache. */
  readonly cache: string;
  readonly #socket: string;
  readonly #child: ReturnType<typeof startShipEnv>;
  readonly #exited: Promise<number | null>;

  private constructor(child: ReturnType<typeof startShipEnv>, home: string, socket: string) {
    this.#child = child;
    this.#exited = exitOf(child);
    this.cache = join(home, '.cache', 'ship-env');
    this.#socket = socket;
    this.pid = child.pid ?? 0;
  }

  /** @param env - environment variables of the sidecar */
  static async start(env: Record<string, string>): Promise<Sidecar> {
    const home = await temporaryFolder();
    const socket = join(home, 'socket');
    const child = startShipEnv(home, ['serve', '--socket', socket], { ...env, SHIP_ENV_TOKEN: 'token' });
    const sidecar = new Sidecar(child, home, socket);
    await once(child.stdout, 'data');
    return sidecar;
  }

  /** Milliseconds from the request to the result. */
  async ship(wanted: ShipRequestInput): Promise<ShipResult> {
    return shipResult.parse(await this.outcome(wanted));
  }

  /** The last event of a ship: its result or its error. */
  async outcome(wanted: ShipRequestInput): Promise<ShipEvent> {
    return this.#lastEvent(await this.start(wanted));
  }

  /** Starts a ship. @returns its id */
  async start(wanted: ShipRequestInput): Promise<string> {
    return (JSON.parse(await this.#ask('POST', '/ships', wanted)) as { id: string }).id;
  }

  /** Cancels a ship. @returns its last event */
  async cancel(id: string): Promise<ShipEvent> {
    await this.#ask('DELETE', `/ships/${id}`);
    return this.#lastEvent(id);
  }

  async #lastEvent(id: string): Promise<ShipEvent> {
    const events = (await this.#ask('GET', `/ships/${id}/events`)).trim().split('\n');
    return jobEvent.parse(JSON.parse(events.at(-1)?.replace(/^data: /u, '') ?? ''));
  }

  /** Ends the sidecar in the same way as the end of its parent. @returns its exit code */
  async end(): Promise<number | null> {
    this.#child.stdin.end();
    return this.#exited;
  }

  /** Reads its answer to the end. */
  #ask(method: string, path: string, body?: unknown): Promise<string> {
    const headers = { 'X-Ship-Env-Token': 'token', 'Content-Type': 'application/json' };
    return new Promise((resolve, reject) => {
      request({ socketPath: this.#socket, method, path, headers }, response => {
        text(response).then(resolve, reject);
      })
        .on('error', reject)
        .end(body === undefined ? undefined : JSON.stringify(body));
    });
  }
}
