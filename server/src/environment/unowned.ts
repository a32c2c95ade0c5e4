import { join } from 'node:path';
import type { Finding } from '../contract/snapshot.js';
import { isCompiledExtension, isIdentifier } from '../python/names.js';
import { kindAt, walkFiles } from '../memo/disk.js';
import type { SiteContents } from './site-contents.js';

/** Modules that virtualenv puts beside the packages. They belong to no distribution and need not ship. */
const TOOL_MODULES = new Set(['_virtualenv']);

/**
 * Finds top-level names in a site directory that the kernel can import and that belong to nothing that ships.
 *
 * @param owned - top-level entries that belong to a distribution or editable
 */
export async function findUnownedModules(contents: SiteContents, owned: ReadonlySet<string>): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const entry of contents.names) {
    const module = entry.split('.')[0] ?? '';
    if (owned.has(entry) || TOOL_MODULES.has(module) || !isIdentifier(module) || module === '__pycache__') continue;
    const path = join(contents.site.path, entry);
    if (!(await isImportable(path, entry))) continue;
    findings.push({
      kind: 'unowned-module',
      subject: module,
      message: `${path} belongs to no installed distribution, so it does not ship. Install it as a package if the cluster needs it.`
    });
  }
  return findings;
}

async function isImportable(path: string, entry: string): Promise<boolean> {
  if (isModuleFile(entry)) return (await kindAt(path)) === 'file';
  if (entry.includes('.') || (await kindAt(path)) !== 'directory') return false;
  // An uninstalled package may leave a folder that contains only caches.
  for await (const file of walkFiles(path, isIdentifier)) {
    if (isModuleFile(file) && !file.includes('__pycache__/')) return true;
  }
  return false;
}

function isModuleFile(path: string): boolean {
  return path.endsWith('.py') || isCompiledExtension(path);
}
