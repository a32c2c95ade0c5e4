import { basename } from 'node:path';
import { ShipEnvError } from '../errors.js';
import type { ShippedFile } from './files.js';

/** What a file's content shows; kept with its hash, so that an unchanged file is not read again. */
export const CONTENT_MARKS = ['private-key', 'json-private-key', 'registry-token', 'aws-secret'] as const;
export type ContentMark = (typeof CONTENT_MARKS)[number];

/** Only files up to this size are looked into: keys and credentials files are small. */
export const MAX_SCANNED_BYTES = 1024 * 1024;

const SECRET_NAMES = [
  // `.env.example` and its like are made to be shared.
  /^\.env(?!\.(?:example|sample|template|dist|defaults?)$)(?:\..+)?$/i,
  /^id_(?:rsa|dsa|ecdsa|ecdsa_sk|ed25519|ed25519_sk)$/,
  /\.(?:p12|pfx|jks|keystore|ppk|kdbx)$/i,
  /^[._]netrc$/,
  /^\.(?:pypirc|git-credentials|pgpass|my\.cnf|databrickscfg|s3cfg|boto|dockercfg)$/
];
const SECRET_PATHS = [/(?:^|\/)\.aws\/credentials$/, /(?:^|\/)\.docker\/config\.json$/, /(?:^|\/)\.kube\/config$/];

/**
 * RFC 7468 and OpenPGP private keys: the header and the end of its line, which in JSON and source code may be spelt
 * `\n`. A header quoted by code that parses keys ends with the quote and is no key.
 */
const PRIVATE_KEY = /-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----[ \t]*(?:\r?\n|\\r|\\n)/;
const JSON_PRIVATE_KEY = /"private_key"\s*:\s*"[^"]/;
const REGISTRY_TOKEN = /_(?:authToken|auth|password)\s*=\s*\S/;
const AWS_SECRET = /^\s*aws_secret_access_key\s*=\s*\S/im;

/** What the content of a small file shows. */
export function contentMarks(content: Buffer): ContentMark[] {
  // Every mark is ASCII; latin1 neither fails nor grows.
  const text = content.toString('latin1');
  const marks: ContentMark[] = [];
  if (PRIVATE_KEY.test(text)) marks.push('private-key');
  if (JSON_PRIVATE_KEY.test(text)) marks.push('json-private-key');
  if (REGISTRY_TOKEN.test(text)) marks.push('registry-token');
  if (AWS_SECRET.test(text)) marks.push('aws-secret');
  return marks;
}

/** Does a file look like a secret? A link is judged by its own name and by that of what it leads to. */
export function looksSecret(file: ShippedFile, marks: readonly ContentMark[]): boolean {
  if (marks.includes('private-key')) return true;
  return [file.archivePath, file.displayPath, file.sourcePath].some(path => {
    const name = basename(path);
    return (
      SECRET_NAMES.some(pattern => pattern.test(name)) ||
      SECRET_PATHS.some(pattern => pattern.test(path)) ||
      (name.endsWith('.json') && marks.includes('json-private-key')) ||
      (name === '.npmrc' && marks.includes('registry-token')) ||
      (/^(?:credentials|config)$/.test(name) && marks.includes('aws-secret'))
    );
  });
}

/**
 * Refuses files that look like secrets. The error lists paths, never contents.
 *
 * @param suspects - the files that look like secrets
 * @param allowed - file names, or paths relative to the project, that may ship all the same
 * @throws ShipEnvError CODE_SECRET_FOUND
 */
export function refuseSecrets(
  editableName: string,
  suspects: readonly ShippedFile[],
  allowed: readonly string[]
): void {
  const names = new Set(allowed.map(name => name.replace(/^(?:\.\/)+/, '')));
  const refused = suspects.map(file => file.displayPath).filter(path => !names.has(path) && !names.has(basename(path)));
  if (refused.length === 0) return;
  const [noun, verb] = refused.length === 1 ? ['file', 'looks like a secret'] : ['files', 'look like secrets'];
  throw new ShipEnvError(
    'CODE_SECRET_FOUND',
    `The code of ${editableName} should ship, but ${refused.length} ${noun} in it ${verb}: ${refused.join(', ')}.`,
    {
      hint:
        `Leave ${refused.length === 1 ? 'it' : 'them'} out with a line in .gitignore or .shipignore, or move ` +
        `${refused.length === 1 ? 'it' : 'them'} out of the package. What may ship is allowed by name: --allow-secret ${refused.join(' ')}`
    }
  );
}
