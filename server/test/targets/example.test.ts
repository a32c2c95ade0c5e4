import { readFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebHdfsTarget } from '../../examples/webhdfs-target.js';
import { HdfsServer } from '../support/hdfs.js';
import { readSmall } from '../../src/targets/reading.js';
import { calm, payloadOf } from '../payloads/payloads.js';
import { conforms } from './conformance.js';

// needs: hadoop

let server: HdfsServer;

beforeAll(async () => {
  server = await HdfsServer.start();
});
afterAll(async () => {
  // Undefined where the set-up failed.
  await (server as HdfsServer | undefined)?.stop();
});

conforms('of the page docs/add-a-target.md', {
  fresh: async () => {
    const folder = new URL(server.fresh()).pathname;
    const open = (): WebHdfsTarget => new WebHdfsTarget(server.http, folder, userInfo().username);
    return Promise.resolve({
      open: () => Promise.resolve(open()),
      left: () => server.namesIn(folder),
      tamper: async name => {
        const target = open();
        const content = (await readSmall(target, name, calm)) ?? Buffer.alloc(0);
        content.writeUInt8(content.readUInt8(0) ^ 1);
        await target.remove(name, calm);
        await target.write(payloadOf(name, content), { signal: calm });
      }
    });
  }
});

test('the example has fewer than 100 lines of code', async () => {
  const text = await readFile(new URL('../../examples/webhdfs-target.ts', import.meta.url), 'utf8');
  expect(text.split('\n').filter(line => line.trim() !== '').length).toBeLessThan(100);
});
