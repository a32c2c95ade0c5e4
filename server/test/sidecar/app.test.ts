import { expect, test } from 'vitest';
import { TOKEN_HEADER } from '../../src/contract/routes.js';
import { ROUTES, shipEventsPath, shipPath } from '../../src/contract/routes.js';
import { REQUEST, RESULT, TOKEN, doNothing, start } from './socket.js';

const EVERY_ROUTE: [string, string][] = [
  ['GET', ROUTES.health],
  ['POST', ROUTES.ships],
  ['GET', ROUTES.ships],
  ['GET', shipEventsPath('1')],
  ['DELETE', shipPath('1')],
  ['POST', ROUTES.snapshots],
  ['POST', ROUTES.targetCheck],
  ['POST', ROUTES.targetList],
  ['POST', ROUTES.config],
  ['GET', 'no/such/route']
];

test.each(EVERY_ROUTE)('%s /%s refuses a request without the token, and with a wrong one', async (method, path) => {
  let ran = false;
  const { call } = await start(() => {
    ran = true;
    return Promise.resolve(RESULT);
  });
  const without: Record<string, string> = {};
  for (const headers of [without, { [TOKEN_HEADER]: 'wrong' }]) {
    const reply = await call(method, path, method === 'POST' ? REQUEST : undefined, headers);
    expect(reply.status).toBe(401);
    expect(JSON.parse(reply.body)).toMatchObject({ type: 'error', code: 'AUTH_REFUSED' });
    expect(reply.body).not.toContain(TOKEN);
  }
  expect(ran).toBe(false);
});

test('health tells name and version', async () => {
  const { call } = await start(doNothing);
  expect(JSON.parse((await call('GET', ROUTES.health)).body)).toEqual({ name: 'ship-env', version: '1.2.3' });
});

test.each([
  ['no JSON', '{"python":', 'at most 1 MB'],
  ['a missing field', { target: REQUEST.target }, 'python'],
  ['a wrong type', { ...REQUEST, excludes: 'numpy' }, 'excludes'],
  ['a body over 1 MB', { ...REQUEST, master: 'x'.repeat(1_100_000) }, 'at most 1 MB']
])('%s is a clear USAGE_INVALID', async (_what, body, message) => {
  const { call } = await start(doNothing);
  const reply = await call('POST', ROUTES.ships, body);
  expect(reply.status).toBe(400);
  expect(JSON.parse(reply.body)).toMatchObject({ code: 'USAGE_INVALID', message: expect.stringContaining(message) });
});

test('an unknown ship and an unknown route are 404 with a code', async () => {
  const { call } = await start(doNothing);
  expect(JSON.parse((await call('GET', shipEventsPath('none'))).body)).toMatchObject({ code: 'SHIP_UNKNOWN' });
  expect(JSON.parse((await call('DELETE', shipPath('none'))).body)).toMatchObject({ code: 'SHIP_UNKNOWN' });
  expect(JSON.parse((await call('GET', 'none')).body)).toMatchObject({ code: 'NOT_FOUND' });
});
