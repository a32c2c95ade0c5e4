import { createHash } from 'node:crypto';
import { satisfies, valid } from '@renovatebot/pep440';
import { compareText } from '../../text/compare.js';
import type { LazySegment, SegmentOutline } from '../../content/segments/types.js';
import type { Seed } from './seed-types.js';

/**
 * PEX-INFO of an artifact: that of the seed with some changes. The seed has `inherit_path` `fallback`, so that pyspark can come
 * from the executor's PYTHONPATH.
 *
 * With `ignore_errors` a PEX boots even when some requirements are not met. The kernel python works with them, so the artifact
 * must work, too; unmet requirements are findings (dependencies.ts). For the same reason nothing is listed in `excluded`:
 * with it the artifact's id would depend on distributions that do not ship.
 *
 * @returns the text, with its keys sorted as the pex tool does, and `pex_hash`, which names the content under PEX_ROOT
 */
export function pexInfoOf(seed: Seed, segments: readonly LazySegment[]): { text: string; pexHash: string } {
  const info: Record<string, unknown> = {
    ...seed.pexInfo,
    code_hash: codeHash(seed.modules),
    distributions: Object.fromEntries(segments.map(({ wheel, key }) => [wheel, key])),
    ignore_errors: true,
    // The boot code puts each distribution in front of sys.path, so the first on sys.path must come last here.
    requirements: [...segments]
      .sort((a, b) => b.rank - a.rank || compareText(requirement(a), requirement(b)))
      .map(requirement)
  };
  delete info['pex_hash'];
  // The pex tool computes it over the PEX-INFO without `pex_hash` (pex/pex_builder.py, _prepare_code).
  const pexHash = createHash('sha1').update(dump(info)).digest('hex');
  return { text: dump({ ...info, pex_hash: pexHash }), pexHash };
}

/** Boot code with the `pex_hash` of the artifact. loadSeed has checked that the literal occurs once. */
export function withPexHash(source: string, seed: Seed, pexHash: string): string {
  return source.replace(seed.pexHash, pexHash);
}

/** Hash of the code at the root of a PEX, over names, then contents (pex/util.py, pex_code_hash; pex/hashing.py, dir_hash). */
function codeHash(modules: Seed['modules']): string {
  const hash = createHash('sha1').update(modules.map(({ name }) => name).join(''));
  for (const { source } of modules) hash.update(source);
  return hash.digest('hex');
}

/** A requirement that makes the boot code activate exactly this distribution. */
function requirement({ name, version }: SegmentOutline): string {
  // A version outside of PEP 440 cannot be a specifier; the name is enough, because each name occurs once.
  return valid(version) !== null && satisfies(version, `==${version}`, { prereleases: true })
    ? `${name}==${version}`
    : name;
}

/** JSON as `json.dumps(…, sort_keys=True, separators=(",", ":"))` writes it. */
function dump(value: unknown): string {
  const sorted = JSON.stringify(value, (_, inner: unknown) =>
    inner !== null && typeof inner === 'object' && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => compareText(a, b)))
      : inner
  );
  return sorted.replaceAll(/[\u0080-\uffff]/g, unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
