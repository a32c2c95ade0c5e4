import type { TranslationBundle } from '@jupyterlab/translation';
import type * as z from 'zod';
import {
  checkReply,
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
import { RequestErrors } from './request-errors.js';

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
  private readonly _errors: RequestErrors;

  constructor(
    private readonly _send: Send,
    trans: TranslationBundle,
    private readonly _reconnectAfterMs = RECONNECT_AFTER_MS
  ) {
    this._errors = new RequestErrors(trans);
  }

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
      return { state: 'broken', error: this._errors.unavailable(undefined) };
    } catch (error) {
      if (!(error instanceof ShipEnvError)) return { state: 'broken', error: this._errors.unavailable(error) };
      if (error.code === 'SIDECAR_UNAVAILABLE') return { state: 'broken', error };
      throw error.code === 'SHIP_UNKNOWN' ? this._errors.lost(error) : error;
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
      throw this._errors.unavailable(error);
    }
    if (!response.ok) throw await this._errors.refused(response);
    return response;
  }

  private _parse<T>(text: string, schema: z.ZodType<T>): T {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch (error) {
      throw this._errors.unexpected(error);
    }
    const parsed = schema.safeParse(value);
    if (!parsed.success) throw this._errors.unexpected(parsed.error);
    return parsed.data;
  }
}

function post(body: unknown): RequestInit {
  return { method: 'POST', body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } };
}
