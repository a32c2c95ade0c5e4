import { PackedFiles } from '../../environment/distributions/packed-files.js';
import { compareText } from '../../text/compare.js';
import type { PlannedSegment, SegmentEntry, SegmentOutline } from './types.js';
import { modulesAmong } from './compile/modules.js';

/**
 * A planned segment in compact memory. An environment has many files, and the entries of only a few segments are needed at a
 * time.
 */
export class PackedSegment {
  readonly #outline: SegmentOutline;
  readonly #modules: PlannedSegment['modules'];
  readonly #root: string;
  /** Files whose path below the root is their path in the wheel's directory; nearly all files. */
  readonly #files: PackedFiles;
  readonly #others: readonly SegmentEntry[];

  /** @param root - the site directory of the distribution */
  constructor({ entries, modules, ...outline }: PlannedSegment, root: string) {
    const isPlain = (entry: SegmentEntry): boolean => entry.kind === 'file' && entry.source === `${root}/${entry.name}`;
    this.#outline = outline;
    this.#modules = modules && { ...modules, sources: [] };
    this.#root = root;
    this.#files = new PackedFiles(
      entries.flatMap(entry => (entry.kind === 'file' && isPlain(entry) ? [{ ...entry, path: entry.name }] : []))
    );
    this.#others = entries.filter(entry => !isPlain(entry));
  }

  unpack(): PlannedSegment {
    const files = this.#files.unpack().map(({ path: name, ...file }): SegmentEntry => {
      return { kind: 'file', name, source: `${this.#root}/${name}`, ...file };
    });
    const entries = [...files, ...this.#others].sort((a, b) => compareText(a.name, b.name));
    const modules = this.#modules && { ...this.#modules, sources: modulesAmong(entries) };
    return { ...this.#outline, entries, modules };
  }
}
