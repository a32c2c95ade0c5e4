/** Builds an artifact in a process of its own and prints what it took; bundled and started by large.test.ts. */
import { readFile } from 'node:fs/promises';
import { planContent } from '../../../src/content/plan.js';
import { planPex } from '../../../src/formats/pex/plan.js';
import { loadSeed } from '../../../src/formats/pex/seed.js';
import { Cache } from '../../../src/system/cache/cache.js';
import { snapshot } from '../../../src/contract/snapshot.js';

const [snapshotPath = '', cachePath = '', seedPath = '', modulesPath = ''] = process.argv.slice(2);
const seed = await loadSeed({ seedPath, modulesPath });
const cache = await Cache.open(cachePath);
const { signal } = new AbortController();
const content = await planContent(snapshot.parse(JSON.parse(await readFile(snapshotPath, 'utf8'))), {
  excludes: [],
  includeSpark: false,
  cache,
  signal
});
const plan = await planPex(content, seed);
const before = process.resourceUsage().maxRSS;
const built = await plan.build({ cache, signal }).complete();
const { artifact } = built.manifest;
process.stdout.write(
  JSON.stringify({ ...artifact, grownKiB: process.resourceUsage().maxRSS - before, builtSegments: built.builtSegments })
);
