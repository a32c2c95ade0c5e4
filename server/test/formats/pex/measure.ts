/** Builds an artifact in a process of its own and prints what it took; bundled and started by build.test.ts. */
import { readFile } from 'node:fs/promises';
import { buildArtifact, loadSeed, planArtifact } from '../../../src/formats/index.js';
import { Cache } from '../../../src/cache/cache.js';
import { snapshot } from '../../../src/contract/snapshot.js';

const [snapshotPath = '', cachePath = '', seedPath = '', modulesPath = ''] = process.argv.slice(2);
const seed = await loadSeed({ seedPath, modulesPath });
const cache = await Cache.open(cachePath);
const { signal } = new AbortController();
const plan = await planArtifact(snapshot.parse(JSON.parse(await readFile(snapshotPath, 'utf8'))), {
  format: 'pex',
  excludes: [],
  includeSpark: false,
  seed,
  cache,
  signal
});
const before = process.resourceUsage().maxRSS;
const built = await buildArtifact(plan, { cache, signal });
const { artifact } = built.manifest;
process.stdout.write(
  JSON.stringify({ ...artifact, grownKiB: process.resourceUsage().maxRSS - before, builtSegments: built.builtSegments })
);
