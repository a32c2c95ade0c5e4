import { manifest, type Manifest } from '../contract/manifest.js';

/** File name of a manifest. */
export function manifestName(id: string): string {
  return `${id}.json`;
}

/** The bytes of a manifest as it is stored. zod puts the keys into the order of the contract. */
export function manifestBytes(value: Manifest): Buffer {
  return Buffer.from(`${JSON.stringify(manifest.parse(value), undefined, 1)}\n`);
}
