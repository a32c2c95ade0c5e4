import { describe, expect, it } from 'vitest';
import { ShipEnvClient, type Send } from '../client.js';
import type { StepEvent } from '../../server/src/contract/index.js';
import { initialSteps, withEvent } from '../ship/steps.js';
import { result, steps, target } from './samples.js';
import { trans } from './trans.js';

function clientOf(...answers: (() => Response)[]): {
  client: ShipEnvClient;
  sent: { path: string; init: RequestInit }[];
} {
  const sent: { path: string; init: RequestInit }[] = [];
  const send: Send = (path, init) => {
    sent.push({ path, init });
    const answer = answers[sent.length - 1];
    return answer === undefined ? Promise.reject(new Error('one request too many')) : Promise.resolve(answer());
  };
  return { client: new ShipEnvClient(send, trans, [0, 0]), sent };
}

const json =
  (value: unknown, status = 200): (() => Response) =>
  () =>
    new Response(JSON.stringify(value), { status });
const stream =
  (...events: unknown[]): (() => Response) =>
  () =>
    new Response(events.map(event => `${JSON.stringify(event)}\n`).join(''));
/** A stream that breaks before its end. */
const broken =
  (...events: unknown[]): (() => Response) =>
  () => {
    let isSent = false;
    return new Response(
      new ReadableStream<Uint8Array>({
        pull(controller) {
          if (isSent) controller.error(new TypeError('network error'));
          else controller.enqueue(new TextEncoder().encode(events.map(event => `${JSON.stringify(event)}\n`).join('')));
          isSent = true;
        }
      })
    );
  };

const NOTE = { key: 'notebook:a.ipynb', data: '' };

describe('starting a ship', () => {
  it('posts the request with the note, and returns what the sidecar answered', async () => {
    const started = { id: 's1', joined: false, note: NOTE };
    const { client, sent } = clientOf(json(started));
    expect(await client.startShip({ python: '/venv/bin/python', target }, NOTE)).toEqual(started);
    expect(sent[0]).toMatchObject({ path: 'ships', init: { method: 'POST' } });
    expect(sent[0]?.init.body).toBe(JSON.stringify({ python: '/venv/bin/python', target, note: NOTE }));
  });

  it('throws the error object that the sidecar answered', async () => {
    const { client } = clientOf(
      json({ type: 'error', code: 'TARGET_UNKNOWN', message: 'm', hint: 'h', cause: ['deep'] }, 404)
    );
    await expect(client.startShip({ python: 'p', target }, NOTE)).rejects.toMatchObject({
      code: 'TARGET_UNKNOWN',
      message: 'm',
      hint: 'h',
      causes: ['deep']
    });
  });

  it.each([
    [401, 'AUTH_REFUSED'],
    [403, 'AUTH_REFUSED'],
    [404, 'SIDECAR_UNAVAILABLE'],
    [502, 'SIDECAR_UNAVAILABLE']
  ])('understands a %i from the Jupyter server itself', async (status, code) => {
    const { client } = clientOf(() => new Response('<html>no</html>', { status }));
    await expect(client.startShip({ python: 'p', target }, NOTE)).rejects.toMatchObject({ code });
  });

  it('reports a missing answer as a sidecar that does not run, and keeps the cause', async () => {
    const client = new ShipEnvClient(() => Promise.reject(new TypeError('Failed to fetch')), trans);
    await expect(client.startShip({ python: 'p', target }, NOTE)).rejects.toMatchObject({
      code: 'SIDECAR_UNAVAILABLE',
      causes: ['Failed to fetch']
    });
  });

  it('rejects an answer of another shape', async () => {
    const { client } = clientOf(json({ ship: 's1' }));
    await expect(client.startShip({ python: 'p', target }, NOTE)).rejects.toMatchObject({ code: 'INTERNAL' });
  });
});

it('lists the ships whose end nobody has heard', async () => {
  const ships = [{ id: 's1', note: NOTE, isRunning: true, followers: 0 }];
  const { client, sent } = clientOf(json({ ships }));
  expect(await client.listShips()).toEqual(ships);
  expect(sent[0]).toMatchObject({ path: 'ships', init: { method: 'GET' } });
});

/** An event with its sequence number, as a job sends it. */
const numbered = <T extends object>(event: T, sequence: number): T & { sequence: number } => ({ ...event, sequence });
const numberedAll = (...events: [object, number][]): object[] => events.map(event => numbered(...event));
/** Events of a job, numbered from 1. */
const job = (...events: object[]): object[] => events.map((event, index) => numbered(event, index + 1));

describe('following a ship', () => {
  const follow = async (client: ShipEnvClient): Promise<{ seen: StepEvent[]; end: unknown }> => {
    const seen: StepEvent[] = [];
    const end: unknown = await client.followShip('a/b', event => seen.push(event)).catch((error: unknown) => error);
    return { seen, end };
  };

  it('reports every step and returns the result', async () => {
    const { client, sent } = clientOf(stream(...job(...steps, result)));
    const { seen, end } = await follow(client);
    expect(seen).toEqual(steps);
    expect(end).toEqual(result);
    expect(sent[0]?.path).toBe('ships/a%2Fb/events');
  });

  it('throws the error that the ship ended with', async () => {
    const { client } = clientOf(
      stream(...job(...steps.slice(0, 1), { type: 'error', code: 'SHIP_CANCELLED', message: 'm', hint: '', cause: [] }))
    );
    const { seen, end } = await follow(client);
    expect(seen).toHaveLength(1);
    expect(end).toMatchObject({ code: 'SHIP_CANCELLED' });
  });

  it('resumes a stream that breaks, and reports no step twice', async () => {
    const { client, sent } = clientOf(broken(...job(...steps.slice(0, 2))), stream(...job(...steps, result)));
    const { seen, end } = await follow(client);
    expect(seen).toEqual(steps);
    expect(end).toEqual(result);
    expect(sent).toHaveLength(2);
  });

  it('misses no event of a replay that is shorter than the first stream: the replay has only the last progress', async () => {
    const started: StepEvent = { type: 'step', name: 'upload', state: 'started' };
    const progress = (done: number): StepEvent => ({
      type: 'step',
      name: 'upload',
      state: 'progress',
      done,
      total: 90
    });
    const live = Array.from({ length: 50 }, (_, index) => progress(index + 1));
    const done: StepEvent = { type: 'step', name: 'upload', state: 'done', ms: 9 };
    // There are more breaks than attempts. Each stream brings something new, so no break counts.
    const { client, sent } = clientOf(
      broken(...job(started, ...live)),
      broken(numbered(started, 1), numbered(progress(60), 61)),
      broken(numbered(started, 1), numbered(progress(70), 71)),
      broken(numbered(started, 1), numbered(progress(90), 91)),
      stream(numbered(started, 1), numbered(progress(90), 91), numbered(done, 92), numbered(result, 93))
    );
    const { seen, end } = await follow(client);
    expect(end).toEqual(result);
    expect(seen).toEqual([started, ...live, progress(60), progress(70), progress(90), done]);
    expect(sent).toHaveLength(5);
  });

  it('knows the progress of two steps that overlap, wherever the stream breaks', async () => {
    const progress = (name: 'build' | 'upload', done: number): StepEvent => ({
      type: 'step',
      name,
      state: 'progress',
      done,
      total: 90
    });
    const [building, uploading, built, uploaded]: StepEvent[] = [
      { type: 'step', name: 'build', state: 'started' },
      { type: 'step', name: 'upload', state: 'started' },
      { type: 'step', name: 'build', state: 'done', ms: 7 },
      { type: 'step', name: 'upload', state: 'done', ms: 9 }
    ] as const;
    const events = [building, progress('build', 10), uploading, progress('build', 40), progress('upload', 8)];
    const { client } = clientOf(
      broken(...job(...events.slice(0, 4))),
      // Both steps made progress in between. The replay has the last progress of each, with its original number.
      broken(...numberedAll([building, 1], [uploading, 3], [progress('build', 40), 4], [progress('upload', 20), 6])),
      stream(
        ...numberedAll([building, 1], [uploading, 3], [progress('upload', 20), 6], [progress('build', 90), 7]),
        ...numberedAll([built, 8], [uploaded, 9], [result, 10])
      )
    );
    const { seen, end } = await follow(client);
    expect(end).toEqual(result);
    expect(seen).toEqual([...events.slice(0, 4), progress('upload', 20), progress('build', 90), built, uploaded]);
    const [, , build, upload] = seen.slice(0, -2).reduce(withEvent, initialSteps());
    expect([build, upload]).toMatchObject([
      { state: 'running', done: 90 },
      { state: 'running', done: 20 }
    ]);
  });

  it('rejects events without a sequence number', async () => {
    const { client } = clientOf(stream(...steps, result));
    expect((await follow(client)).end).toMatchObject({ code: 'INTERNAL' });
  });

  it('accepts the error that the Jupyter server puts at the end of a broken stream, which has no number', async () => {
    const gone = { type: 'error', code: 'SIDECAR_UNAVAILABLE', message: 'm', hint: '', cause: [] };
    const { client } = clientOf(stream(...job(...steps.slice(0, 1)), gone), stream(...job(...steps, result)));
    expect(await follow(client)).toEqual({ seen: steps, end: result });
  });

  it('gives up after some attempts without a new event', async () => {
    const { client, sent } = clientOf(stream(), stream(), stream());
    expect((await follow(client)).end).toMatchObject({ code: 'SIDECAR_UNAVAILABLE' });
    expect(sent).toHaveLength(3);
  });

  it('says when a new sidecar does not know the ship', async () => {
    const { client } = clientOf(
      broken(...job(...steps.slice(0, 1))),
      json({ type: 'error', code: 'SHIP_UNKNOWN', message: 'm', hint: '', cause: [] }, 404)
    );
    expect((await follow(client)).end).toMatchObject({ code: 'SIDECAR_UNAVAILABLE', causes: ['m'] });
  });
});

it('throws the reason when a check is aborted', async () => {
  const controller = new AbortController();
  const client = new ShipEnvClient(() => {
    controller.abort(new Error('left the page'));
    return Promise.reject(new TypeError('aborted'));
  }, trans);
  await expect(client.checkTarget(target, controller.signal)).rejects.toThrow('left the page');
});

describe('names with invisible characters', () => {
  const hostile = 'har\u001b[2J\u009b\u202ebour';
  const seen = 'har\\u001b[2J\\u009b\\u202ebour';

  it('are written out in steps and findings, and stay as they are in paths', async () => {
    const details: (string | undefined)[] = [];
    const finding = { kind: 'patched-file', subject: hostile, message: hostile };
    const { client } = clientOf(
      stream(
        { type: 'step', name: 'build', state: 'progress', detail: hostile, sequence: 1 },
        { ...result, findings: [finding], conf: { path: hostile }, sequence: 2 }
      )
    );
    const shipped = await client.followShip('s1', ({ detail }) => details.push(detail));
    expect(details).toEqual([seen]);
    expect(shipped.findings).toEqual([{ kind: 'patched-file', subject: seen, message: seen }]);
    expect(shipped.conf).toEqual({ path: hostile });
  });

  it('are escaped in errors', async () => {
    const error = { type: 'error', code: 'CODE_UNREADABLE', message: hostile, hint: hostile, cause: [hostile] };
    const { client } = clientOf(stream({ ...error, sequence: 1 }));
    await expect(client.followShip('s1', () => undefined)).rejects.toMatchObject({
      message: seen,
      hint: seen,
      causes: [seen]
    });
  });
});
