import { once } from 'node:events';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { expect, it } from 'vitest';
import { Proxy } from '../../src/store/proxy.js';

it.each([0, 100])('passes bytes on unchanged, and counts what clients send, with %i ms of delay', async delayMs => {
  const server = createServer((request, response) => {
    void text(request).then(body => response.end(body.toUpperCase()));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const proxy = new Proxy(`http://127.0.0.1:${address !== null && typeof address === 'object' ? address.port : 0}`);
  proxy.delayMs = delayMs;
  const endpoint = await proxy.start();
  const body = 'abcdefgh'.repeat(1024 ** 2);
  const started = performance.now();
  const reply = await fetch(endpoint, { method: 'POST', body });
  expect(await reply.text()).toBe(body.toUpperCase());
  // The delay in both directions; a timer may fire up to a millisecond early.
  expect(performance.now() - started).toBeGreaterThanOrEqual(2 * Math.max(0, delayMs - 1));
  expect(proxy.sentBytes).toBeGreaterThan(body.length);
  expect(proxy.sentBytes).toBeLessThan(body.length + 1000);
  await proxy.stop();
  server.closeAllConnections();
  server.close();
});
