import type { Editable } from '../../contract/snapshot.js';

/**
 * The metadata that travels with the code, in `<name>-<version>.dist-info`, so that `importlib.metadata` answers on the
 * executors as it does on the driver: `version('my-package')`, which many packages call while they are imported, and
 * `entry_points()`, by which plugins are found. METADATA (PyPA core metadata 2.1) holds name, version and requirements.
 */
export function metadataEntries(editable: Editable): { archivePath: string; content: string }[] {
  if (editable.version === '') return [];
  const folder = `${editable.normalizedName.replaceAll('-', '_')}-${editable.version}.dist-info`;
  const fields = [
    ['Metadata-Version', '2.1'],
    ['Name', editable.name],
    ['Version', editable.version],
    ...editable.requires.map(requirement => ['Requires-Dist', requirement.replace(/\s+/g, ' ')])
  ];
  const entries = [
    { archivePath: `${folder}/METADATA`, content: fields.map(field => `${field.join(': ')}\n`).join('') }
  ];
  if (editable.entryPoints === '') return entries;
  return [...entries, { archivePath: `${folder}/entry_points.txt`, content: editable.entryPoints }];
}
