import type { Editable } from '../../contract/snapshot.js';

/**
 * The metadata of an editable, which ships with its code in `<name>-<version>.dist-info`. So `importlib.metadata` has the same
 * answers on executors as on the driver: for `version('my-package')`, which many packages call at import, and for
 * `entry_points()`, which finds plugins. METADATA (PyPA core metadata 2.1) has name, version and requirements.
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
