import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { startTwoNameNodes, type TwoNameNodes } from '../../../../scripts/cluster/two-name-nodes.mjs';
import type { SpannedPayload } from '../../../src/payloads/payload.js';
import { spanned } from '../../../src/payloads/spanned.js';
import { calm, makePayload } from '../../payloads/payloads.js';
import { openAt } from '../../support/hdfs.js';
import { removeFolder } from '../../support/temporary.js';

let folder: string;
let hdfs: TwoNameNodes;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ship-env-failover-'));
  hdfs = await startTwoNameNodes({ folder, env: process.env });
  vi.stubEnv('HADOOP_CONF_DIR', hdfs.configuration);
});

afterAll(async () => {
  // Undefined where the set-up failed.
  await (hdfs as TwoNameNodes | undefined)?.stop();
  await removeFolder(folder);
});

const first = makePayload('env-00000001.json', 1000);
/** More than one block would hold of a small file: the NameNode is asked during and after the failover. */
const large = makePayload('env-00000001.pex', 200 * 1024 * 1024);

test('a ship goes on when the active NameNode of the name service dies', async () => {
  const target = await openAt(`${hdfs.url}/user/ann/envs`);
  try {
    await target.write(first, { signal: calm });
    let failures = 0;
    const failOver = async (): Promise<void> => {
      failures += 1;
      await hdfs.failOver();
    };
    const arrival = await target.write(interrupted(large, failOver), { signal: calm });
    expect(failures).toBe(1);
    expect(arrival).toMatchObject({ bytes: large.bytes, sha256: large.sha256 });
    await arrival?.verify(calm);
    await target.verify(first, calm);
    const names: string[] = [];
    for await (const { name } of target.list(calm)) names.push(name);
    expect(names).toEqual([first.name, large.name]);
  } finally {
    target.close();
  }
});

/** A payload in whose middle something happens once. */
function interrupted(payload: typeof large, happen: () => Promise<void>): SpannedPayload {
  const whole = spanned(payload);
  let happening: Promise<void> | undefined;
  return {
    ...whole,
    async *spans() {
      for await (const span of whole.spans()) {
        yield {
          ...span,
          read: async (into, position) => {
            if (position > span.bytes / 2) await (happening ??= happen());
            return span.read(into, position);
          }
        };
      }
    }
  };
}
