import { createHash } from 'node:crypto';
import { satisfies, valid } from '@renovatebot/pep440';
import { compareText } from '../../text/compare.js';
import type { LazySegment, SegmentOutline } from '../../content/segments/types.js';
import type { Seed } from './seed-types.js';

/**
 * PEX-INFO of an artifact: the seed's, with what differs. `inherit_path` is `fallback` there, so that pyspark may come
 * from the executor's PYTHONPATH.
 *
 * `ignore_errors` lets a PEX boot whose requirements do not all hold. The kernel python works with what it has, so the
 * artifact must too; what is missing or does not fit is a finding (dependencies.ts). For the same reason nothing need be
 * named `excluded`: what stays home would make the artifact's id depend on more than what ships.
 *
 * @returns the text, keys sorted as the pex tool has them, and `pex_hash`, which names the content under PEX_ROOT
 */
export function pexInfoOf(seed: Seed, segments: readonly LazySegment[]): { text: string; pexHash: string } {
  const info: Record<string, unknown> = {
    ...seed.pexInfo,
    code_hash: codeHash(seed.modules),
    distributions: Object.fromEntries(segments.map(({ wheel, key }) => [wheel, key])),
    ignore_errors: true,
    // The boot code puts each distribution in front of those before it: what sys.path has first comes last.
    requirements: [...segments]
      .sort((a, b) => b.rank - a.rank || compareText(requirement(a), requirement(b)))
      .map(requirement)
  };
  delete info['pex_hash'];
  // As the pex tool computes it: over the PEX-INFO that does not hold it yet (pex/pex_builder.py, _prepare_code).
  const pexHash = createHash('sha1').update(dump(info)).digest('hex');
  return { text: dump({ ...info, pex_hash: pexHash }), pexHash };
}

/** Boot code with the `pex_hash` of the artifact; loadSeed has made sure that the literal stands there once. */
export function withPexHash(source: string, seed: Seed, pexHash: string): string {
  return source.replace(seed.pexHash, pexHash);
}

/** Hash of the code at the root of a PEX: names, then contents (pex/util.py, pex_code_hash; pex/hashing.py, dir_hash). */
function codeHash(modules: Seed['modules']): string {
  const hash = createHash('sha1').update(modules.map(({ name }) => name).join(''));
  for (const { source } of modules) hash.update(source);
  return hash.digest('hex');
}

/** What makes the boot code activate this very distribution. */
function requirement({ name, version }: SegmentOutline): string {
  // A version outside PEP 440 is no specifier; there is one distribution of each name anyway.
  return valid(version) !== null && satisfies(version, `==${version}`, { prereleases: true })
    ? `${name}==${version}`
    : name;
}

/** json.dumps(…, sort_keys=True, separators=(",", ":")). */
function dump(value: unknown): string {
  const sorted = JSON.stringify(value, (_, part: unknown) =>
    part !== null && typeof part === 'object' && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => compareText(a, b)))
      : part
  );
  return sorted.replaceAll(/[\u0080-\uffff]/g, unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
