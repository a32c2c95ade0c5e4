import type { Editable } from '../contract/snapshot.js';

/**
 * The core metadata that travels with the code, so that `importlib.metadata.version('my-package')`, which many packages
 * call while they are imported, answers on the executors as it does on the driver: name, version and requirements of
 * the editable (PyPA core metadata 2.1) in `<name>-<version>.dist-info/METADATA`. importlib.metadata reads zips.
 */
export function metadataEntry(editable: Editable): { archivePath: string; content: string } | undefined {
  if (editable.version === '') return undefined;
  const folder = `${editable.normalizedName.replaceAll('-', '_')}-${editable.version}.dist-info`;
  const fields = [
    ['Metadata-Version', '2.1'],
    ['Name', editable.name],
    ['Version', editable.version],
    ...editable.requires.map(requirement => ['Requires-Dist', requirement.replace(/\s+/g, ' ')])
  ];
  return { archivePath: `${folder}/METADATA`, content: fields.map(field => `${field.join(': ')}\n`).join('') };
}
