import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { STEP_NAMES, type StepEvent } from '../../../src/contract/ship.js';
import { gate } from '../../support/gate.js';
import { makePort, type Port } from '../port.js';
import { bucket, expectWhole, kernel, url, watch } from './ships.js';

/** Keeps all distributions but the first, which is the largest, from being compressed before `until` has ended. */
function holdBack({ cache }: Port, until: () => Promise<void>): void {
  const entry = cache.entry.bind(cache);
  let first: string | undefined;
  cache.entry = (kind, name, write) => {
    if (kind === 'segments') first ??= name;
    return entry(kind, name, async path => {
      if (kind === 'segments' && name !== first) await until();
      return write(path);
    });
  };
}

/** Writes a new file: the existing one may be a hard link into the installer's cache. */
async function replaceFile(path: string, content: string): Promise<void> {
  await rm(path, { force: true });
  await writeFile(path, content);
}

async function pythonFolder(): Promise<string> {
  return (await readdir(join(kernel.folder, 'venv', 'lib')))[0] ?? '';
}

describe('while the build is under way', () => {
  test('parts go up, and the steps are told as they overlap', async () => {
    const own = await makePort(kernel);
    const events: string[] = [];
    const isSent = gate();
    const emit = ({ name, state }: StepEvent): void => {
      if (state !== 'progress') events.push(`${name} ${state}`);
    };
    holdBack(own, () => isSent.promise);
    const ship = watch(
      own,
      async passing => {
        const answer = await passing.forward();
        if (passing.path.includes('partNumber=1')) isSent.open();
        return answer;
      },
      { emit }
    );
    const result = await ship.result;
    expect(events.indexOf('upload started')).toBeLessThan(events.indexOf('build done'));
    expect(events.indexOf('build done')).toBeLessThan(events.indexOf('upload done'));
    expect(result.steps.map(({ name }) => name)).toEqual(STEP_NAMES);
    await expectWhole(result);
  });

  test('a file that changes each time it was read stops both, and nothing stays', async () => {
    const own = await makePort(kernel);
    const isSent = gate();
    const six = join(kernel.folder, 'venv', 'lib', await pythonFolder(), 'site-packages', 'six.py');
    const content = await readFile(six, 'utf8');
    onTestFinished(() => replaceFile(six, content));
    let changes = 0;
    holdBack(own, async () => {
      await isSent.promise;
      await replaceFile(six, `changed = ${(changes += 1)}\n`);
    });
    const ship = watch(own, async passing => {
      const answer = await passing.forward();
      if (passing.path.includes('partNumber=1')) isSent.open();
      return answer;
    });
    await expect(ship.result).rejects.toMatchObject({ code: 'ARTIFACT_FILE_CHANGED' });
    expect(await bucket.leftBelow(url)).toEqual({ keys: [], uploads: 0 });
  });
});
