import { basename } from 'node:path';

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

/** Of a published file these names are reason enough to look into it; of anybody else's file no reason is needed. */
const MAY_HOLD_SECRET =
  /\.(?:pem|key)$|^(?:credentials|config|\.npmrc)$|(?:credential|secret|service[-_]?account|key).*\.json$/i;
/** Famous packages publish the keys of their test servers. */
const TEST_FOLDER = /(?:^|\/)(?:tests?|testing|test[-_]?data|testsuite|fixtures|examples?|vectors)\//i;

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

/** Does a file that has these paths, and shows these marks, look like a secret? */
export function looksSecret(paths: readonly string[], marks: readonly ContentMark[]): boolean {
  if (marks.includes('private-key')) return true;
  return paths.some(path => {
    const name = basename(path);
    return (
      isSecretName(path) ||
      (name.endsWith('.json') && marks.includes('json-private-key')) ||
      (name === '.npmrc' && marks.includes('registry-token')) ||
      (/^(?:credentials|config)$/.test(name) && marks.includes('aws-secret'))
    );
  });
}

/** Does a file look like a secret by its name alone? */
function isSecretName(path: string): boolean {
  return SECRET_NAMES.some(pattern => pattern.test(basename(path))) || SECRET_PATHS.some(pattern => pattern.test(path));
}

/**
 * Is a file that a package was published with worth a look? What a package publishes is mostly no secret: the certificates
 * of authorities, modules that are called `credentials.py`, keys of test servers.
 */
export function mayBePublishedSecret(path: string): boolean {
  return !TEST_FOLDER.test(path) && (isSecretName(path) || MAY_HOLD_SECRET.test(basename(path)));
}
