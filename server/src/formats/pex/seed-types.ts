import type { OwnModule } from '../../content/runtime-modules.js';
import type { ZipEntry } from '../../content/segments/zip/records.js';

/** What every PEX carries besides distributions: the boot code that the pex tool wrote, and modules of ours. */
export interface Seed {
  /** `.bootstrap/…` as the pex tool wrote it: raw zip entries, back to back, offsets relative to `bytes`. */
  readonly bootstrap: { readonly bytes: Buffer; readonly entries: readonly ZipEntry[] };
  /** The tool's own PEX-INFO, of an empty PEX. */
  readonly pexInfo: Readonly<Record<string, unknown>>;
  /** `__main__.py` and `__pex__/__init__.py`; both hold {@link Seed.pexHash} as a literal, once. */
  readonly main: string;
  readonly importHook: string;
  readonly pexHash: string;
  /** The modules that stand at the root of the artifact, `ship_env_runtime.py` and what it needs, sorted by name. */
  readonly modules: readonly OwnModule[];
  /** The modules that start an artifact on a node, in the order in which they need each other. */
  readonly node: readonly OwnModule[];
}
