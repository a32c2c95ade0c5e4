import { manifest, type Manifest } from '../contract/manifest.js';

/** File name of a manifest. */
export function manifestName(id: string): string {
  return `${id}.json`;
}

/** A manifest as it is stored; zod gives the keys the contract's order, whatever order they came in. */
export function manifestBytes(value: Manifest): Buffer {
  return Buffer.from(`${JSON.stringify(manifest.parse(value), undefined, 1)}\n`);
}
