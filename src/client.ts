import type { TranslationBundle } from '@jupyterlab/translation';
import type * as z from 'zod';
import {
  checkReply,
  errorObject,
  jobEvent,
  ROUTES,
  shipEventsPath,
  shipList,
  shipPath,
  shipStarted,
  visible,
  type JobEvent,
  type ListedShip,
  type Probe,
  type ShipNote,
  type ShipRequestInput,
  type ShipResult,
  type ShipStarted,
  type StepEvent,
  type TargetSettings
} from '../server/src/contract/index.js';
import { ShipEnvError } from './errors.js';
import { readLines } from './ndjson.js';

/** Sends a request to a path relative to the sidecar's root. Rejects when no answer comes. */
export type Send = (path: string, init: RequestInit) => Promise<Response>;

/**
 * The pauses before a broken stream is requested again. The sidecar then replays the events from the first on, without
 * progress that newer progress replaced. A new event resets the count.
 */
const RECONNECT_AFTER_MS: readonly number[] = [0, 500, 2000, 5000];

type JobStep = Extract<JobEvent, { type: 'step' }>;

/** The event with invisible characters escaped in texts for a person. Paths and sources stay as they are. */
function shown(event: JobEvent): JobEvent {
  switch (event.type) {
    case 'step':
      return event.detail === undefined ? event : { ...event, detail: visible(event.detail) };
    case 'result':
      return {
        ...event,
        findings: event.findings.map(({ kind, subject, message }) => ({
          kind,
          subject: visible(subject),
          message: visible(message)
        }))
      };
    case 'error':
      return event;
  }
}

/** Sends every request of the page. Answers have the type unknown until the contract has validated them. */
export class ShipEnvClient {
  constructor(
    private readonly _send: Send,
    private readonly _trans: TranslationBundle,
    private readonly _reconnectAfterMs = RECONNECT_AFTER_MS
  ) {}

  /**
   * Starts a ship, or joins a running one with the same key.
   *
   * Takes no AbortSignal on purpose: an aborted request may have started a ship that nobody could cancel any more.
   *
   * @param note - what this page needs to know when it finds the ship again
   */
  async startShip(request: ShipRequestInput, note: ShipNote): Promise<ShipStarted> {
    return this._json(ROUTES.ships, shipStarted, post({ ...request, note }));
  }

  /** The ships that run, and those that ended while nobody followed them. */
  async listShips(): Promise<readonly ListedShip[]> {
    return (await this._json(ROUTES.ships, shipList, { method: 'GET', cache: 'no-store' })).ships;
  }

  /**
   * Follows a ship to its end.
   *
   * @param onStep - gets the step events in order, each once; after a break, only the last progress
   * @returns the result
   * @throws ShipEnvError the error that the ship ended with, or SIDECAR_UNAVAILABLE
   */
  async followShip(id: string, onStep: (event: StepEvent) => void): Promise<ShipResult> {
    // The sequence number of the last event that was reported.
    let last = 0;
    let attempt = 0;
    for (;;) {
      const before = last;
      const broken = await this._readEvents(id, ({ sequence, ...step }) => {
        if (sequence <= last) return;
        last = sequence;
        onStep(step);
      });
      if (broken.state === 'result') return broken.result;
      attempt = last > before ? 0 : attempt;
      const pauseMs = this._reconnectAfterMs[attempt++];
      if (pauseMs === undefined) throw broken.error;
      await new Promise(resolve => setTimeout(resolve, pauseMs));
    }
  }

  /** Asks the sidecar to cancel a ship; the ship then ends with SHIP_CANCELLED. */
  async cancelShip(id: string): Promise<void> {
    await this._answer(shipPath(id), { method: 'DELETE' });
  }

  /** Writes, reads back and deletes a small object on a target. */
  async checkTarget(target: TargetSettings, signal?: AbortSignal): Promise<Probe> {
    return this._json(ROUTES.targetCheck, checkReply, { ...post(target), signal: signal ?? null });
  }

  /** Reads the stream of a ship once. Resolves with the result, or with the reason why the stream broke. */
  private async _readEvents(
    id: string,
    onStep: (event: JobStep) => void
  ): Promise<{ state: 'result'; result: ShipResult } | { state: 'broken'; error: ShipEnvError }> {
    try {
      const response = await this._answer(shipEventsPath(id), { method: 'GET', cache: 'no-store' });
      if (response.body !== null) {
        for await (const line of readLines(response.body)) {
          const event = shown(this._parse(line, jobEvent));
          if (event.type === 'error') throw ShipEnvError.from(event);
          if (event.type === 'step') {
            onStep(event);
            continue;
          }
          const { sequence: _sequence, ...result } = event;
          return { state: 'result', result };
        }
      }
      return { state: 'broken', error: this._unavailable(undefined) };
    } catch (error) {
      if (!(error instanceof ShipEnvError)) return { state: 'broken', error: this._unavailable(error) };
      if (error.code === 'SIDECAR_UNAVAILABLE') return { state: 'broken', error };
      throw error.code === 'SHIP_UNKNOWN' ? this._lost(error) : error;
    }
  }

  private async _json<T>(path: string, schema: z.ZodType<T>, init: RequestInit): Promise<T> {
    const response = await this._answer(path, init);
    return this._parse(await response.text(), schema);
  }

  /** The response of a request that succeeded. */
  private async _answer(path: string, init: RequestInit): Promise<Response> {
    let response: Response;
    try {
      response = await this._send(path, init);
    } catch (error) {
      init.signal?.throwIfAborted();
      throw this._unavailable(error);
    }
    if (!response.ok) throw await this._refused(response);
    return response;
  }

  private _parse<T>(text: string, schema: z.ZodType<T>): T {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch (error) {
      throw this._unexpected(error);
    }
    const parsed = schema.safeParse(value);
    if (!parsed.success) throw this._unexpected(parsed.error);
    return parsed.data;
  }

  /**
   * The error behind a refused request. The sidecar answers with an error object; the Jupyter server or a proxy may
   * answer with anything.
   */
  private async _refused(response: Response): Promise<ShipEnvError> {
    const text = await response.text().catch(() => '');
    const object = errorObjectFrom(text);
    if (object !== undefined) return ShipEnvError.from(object);
    const answer = `${response.status} ${response.statusText}`.trim();
    if (response.status === 401 || response.status === 403) {
      return new ShipEnvError(
        'AUTH_REFUSED',
        this._trans.__('The Jupyter server did not accept the request (%1).', answer),
        { hint: this._trans.__('Reload the page and log in again.') }
      );
    }
    if (response.status === 404) {
      return new ShipEnvError(
        'SIDECAR_UNAVAILABLE',
        this._trans.__('The Jupyter server does not know ship-env (404).'),
        {
          hint: this._trans.__(
            'Install jupyterlab-ship-env where the Jupyter server runs, check that "jupyter server extension list" shows it enabled, and restart the server.'
          )
        }
      );
    }
    return new ShipEnvError(
      'SIDECAR_UNAVAILABLE',
      this._trans.__('The Jupyter server answered %1 instead of the sidecar.', answer),
      {
        hint: this._trans.__('See the log of the Jupyter server, then try again.'),
        cause: text.slice(0, 500) || undefined
      }
    );
  }

  private _unavailable(cause: unknown): ShipEnvError {
    return new ShipEnvError(
      'SIDECAR_UNAVAILABLE',
      this._trans.__('The connection to the Jupyter server broke off or could not be made.'),
      { hint: this._trans.__('Check that the Jupyter server is running, then try again.'), cause }
    );
  }

  private _lost(cause: ShipEnvError): ShipEnvError {
    return new ShipEnvError(
      'SIDECAR_UNAVAILABLE',
      this._trans.__('The sidecar was restarted during the ship and does not know it any more.'),
      {
        hint: this._trans.__(
          'Ship again: segments that were built and files that were uploaded completely are used again.'
        ),
        cause
      }
    );
  }

  private _unexpected(cause: unknown): ShipEnvError {
    return new ShipEnvError('INTERNAL', this._trans.__('This page does not understand the answer of the sidecar.'), {
      hint: this._trans.__(
        'After an upgrade, restart the Jupyter server and reload this page. If that does not help, please report a bug.'
      ),
      cause
    });
  }
}

function post(body: unknown): RequestInit {
  return { method: 'POST', body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } };
}

function errorObjectFrom(text: string): ReturnType<typeof errorObject.parse> | undefined {
  try {
    return errorObject.safeParse(JSON.parse(text)).data;
  } catch {
    // The text is not JSON: it is a page of the Jupyter server or of a proxy.
    return undefined;
  }
}
