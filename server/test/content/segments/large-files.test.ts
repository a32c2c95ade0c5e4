import { mkdir, truncate, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { expect, test } from 'vitest';
import { CompiledModules } from '../../../src/content/segments/compile/compiled-modules.js';
import { planSegment } from '../../../src/content/segments/plan/segment-plan.js';
import { Cache } from '../../../src/system/cache/cache.js';
import { temporaryFolder } from '../../support/temporary.js';
import { INTERPRETER, NEVER, handMade } from '../../formats/fixtures.js';

const SITE = 'lib/python3.11/site-packages';
const BYTES = 3 * 1024 ** 3;

/** Plans a distribution that has a file of 3 GiB at this path of the environment; the file begins like a script. */
async function planned(prefix: string, path: string): Promise<string[]> {
  const large = join(prefix, path);
  const location = join(prefix, SITE);
  const kit = await handMade(location, 'kit', {});
  await mkdir(dirname(large), { recursive: true });
  await writeFile(large, '#!/usr/bin/python3\n');
  await truncate(large, BYTES);
  const file = { path: relative(location, large), size: BYTES, sha256: 'a'.repeat(64), executable: true };
  const interpreter = { ...INTERPRETER, prefix, siteDirectories: [{ path: location, layer: 'environment' as const }] };
  const cache = await Cache.open(join(prefix, 'cache'));
  const { segment } = await CompiledModules.during(cache, NEVER, compiled =>
    planSegment({ ...kit, files: [...kit.files, file] }, interpreter, compiled, NEVER)
  );
  return segment.entries.filter(({ kind }) => kind === 'file').map(({ name }) => name);
}

test('a script of 3 GiB ships as it is, and is not read whole', async () => {
  expect(await planned(await temporaryFolder(), 'bin/tool')).toContain('.prefix/bin/tool');
});

test('metadata of 3 GiB is refused by its name, and not read', async () => {
  const prefix = await temporaryFolder();
  const path = `${SITE}/kit-1.0.dist-info/entry_points.txt`;
  await expect(planned(prefix, path)).rejects.toMatchObject({
    code: 'SNAPSHOT_UNREADABLE',
    message: expect.stringContaining(join(prefix, path))
  });
});
