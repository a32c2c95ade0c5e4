import type { OwnModule } from '../../content/runtime-modules.js';
import type { ZipEntry } from '../../content/segments/zip/records.js';

/** What every PEX contains besides distributions: the boot code that the pex tool wrote, and our own modules. */
export interface Seed {
  /** `.bootstrap/…` as the pex tool wrote it: raw zip entries, back to back. Offsets are relative to `bytes`. */
  readonly bootstrap: { readonly bytes: Buffer; readonly entries: readonly ZipEntry[] };
  /** The PEX-INFO that the pex tool wrote for an empty PEX. */
  readonly pexInfo: Readonly<Record<string, unknown>>;
  /** `__main__.py` and `__pex__/__init__.py`. Each contains {@link Seed.pexHash} once, as a literal. */
  readonly main: string;
  readonly importHook: string;
  readonly pexHash: string;
  /** The modules at the root of the artifact, `ship_env_runtime.py` and the modules that it imports, sorted by name. */
  readonly modules: readonly OwnModule[];
  /** The modules of the node bootstrap, each after the modules that it needs. */
  readonly node: readonly OwnModule[];
}
