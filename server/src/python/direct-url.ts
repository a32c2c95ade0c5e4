import { fileURLToPath } from 'node:url';
import * as z from 'zod';
import type { Origin } from '../contract/snapshot.js';
import { parseJson } from '../text/json.js';

/** direct_url.json as PEP 610 defines it; keys that we do not use are ignored. */
const directUrlFile = z.object({
  url: z.string(),
  dir_info: z.object({ editable: z.boolean().optional() }).optional(),
  vcs_info: z.object({ commit_id: z.string().optional() }).optional(),
  archive_info: z
    .object({ hash: z.string().optional(), hashes: z.record(z.string(), z.string()).optional() })
    .optional()
});

/** What direct_url.json says: an editable's project folder, or the origin of an ordinary installation. */
export type DirectUrl =
  | { readonly editable: true; readonly projectDirectory: string | undefined }
  | { readonly editable: false; readonly origin: Origin };

/** @returns undefined when the text is not what PEP 610 defines; then the file counts as missing */
export function parseDirectUrl(text: string): DirectUrl | undefined {
  const parsed = directUrlFile.safeParse(parseJson(text));
  if (!parsed.success) return undefined;
  const { url, dir_info: directory, vcs_info: vcs, archive_info: archive } = parsed.data;
  if (directory?.editable === true) return { editable: true, projectDirectory: pathFromFileUrl(url) };
  const safe = withoutSecrets(url);
  if (vcs !== undefined) return { editable: false, origin: originFrom('vcs', safe, vcs.commit_id) };
  if (directory !== undefined) return { editable: false, origin: originFrom('directory', safe, undefined) };
  const sha256 = archive?.hashes?.['sha256'];
  const revision = sha256 === undefined ? archive?.hash : `sha256=${sha256}`;
  return { editable: false, origin: originFrom('archive', safe, revision) };
}

/**
 * The URL without user name, password and query. The query may contain the signature of a pre-signed URL. PEP 610 lets tools
 * keep placeholders such as `${TOKEN}@`; they are removed as well.
 */
export function withoutSecrets(url: string): string {
  const withoutQuery = url.replace(/\?[^#]*/, '');
  const withScheme = /^([a-zA-Z][\w+.-]*:\/\/)([^/]*)(.*)$/s.exec(withoutQuery);
  if (withScheme !== null) {
    const [, scheme = '', authority = '', rest = ''] = withScheme;
    return scheme + authority.slice(authority.lastIndexOf('@') + 1) + rest;
  }
  // The form of scp: user@host:path.
  return withoutQuery.replace(/^[^/@]*@/, '');
}

function originFrom(kind: Origin['kind'], url: string, revision: string | undefined): Origin {
  return { kind, url, ...(revision === undefined || revision === '' ? {} : { revision }) };
}

function pathFromFileUrl(url: string): string | undefined {
  try {
    return fileURLToPath(url);
  } catch (error) {
    // The URL is not a file URL, or has a host.
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}
