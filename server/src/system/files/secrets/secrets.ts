import { basename } from 'node:path';
import { SIGNS } from './signs.js';

/**
 * What a scan can find in a file's content. Marks are stored with the file's hash, so an unchanged file is not read again.
 * `private-key` and `token` count in any file; the others count only in files with certain names.
 */
export const CONTENT_MARKS = ['private-key', 'json-private-key', 'registry-token', 'aws-secret', 'token'] as const;
export type ContentMark = (typeof CONTENT_MARKS)[number];

const SECRET_NAMES = [
  // `.env.example` and its like are made to be shared.
  /^\.env(?!\.(?:example|sample|template|dist|defaults?)$)(?:\..+)?$/i,
  /^id_(?:rsa|dsa|ecdsa|ecdsa_sk|ed25519|ed25519_sk)$/,
  /\.(?:p12|pfx|jks|keystore|ppk|kdbx)$/i,
  /^[._]netrc$/,
  /^\.(?:pypirc|git-credentials|pgpass|my\.cnf|databrickscfg|s3cfg|boto|dockercfg)$/
];
const SECRET_PATHS = [/(?:^|\/)\.aws\/credentials$/, /(?:^|\/)\.docker\/config\.json$/, /(?:^|\/)\.kube\/config$/];

/** More bytes than any sign in signs.ts has. */
const OVERLAP_BYTES = 4096;

/** A published file is scanned only when it has one of these names. All other files are always scanned. */
const MAY_HOLD_SECRET =
  /\.(?:pem|key)$|^(?:credentials|config|\.npmrc)$|(?:credential|secret|service[-_]?account|key).*\.json$/i;
/** Famous packages publish the keys of their test servers. */
const TEST_FOLDER = /(?:^|\/)(?:tests?|testing|test[-_]?data|testsuite|fixtures|examples?|vectors)\//i;

/**
 * Scans a file of any size, piece by piece. Pieces overlap, so that a sign at the border of two pieces is found.
 *
 * Most files contain few of the words, so a scan is mostly a search for words: 2 s for 1 GB of binary data, 6 s for 1 GB of
 * code.
 */
export class ContentScan {
  readonly #found = new Set<ContentMark>();
  /** The last bytes that were scanned. A line end at first, because a file begins with a new line. */
  #end: Buffer = Buffer.from('\n');

  /** Scans the next bytes of the file. */
  add(piece: Buffer): void {
    const seam = Buffer.concat([this.#end, piece.subarray(0, OVERLAP_BYTES)]);
    this.#scan(seam);
    if (piece.length <= OVERLAP_BYTES) {
      this.#end = seam.subarray(-OVERLAP_BYTES);
      return;
    }
    this.#scan(piece);
    // A copy, because the next piece may overwrite this one.
    this.#end = Buffer.from(piece.subarray(-OVERLAP_BYTES));
  }

  #scan(bytes: Buffer): void {
    let text: string | undefined;
    // Several signs share a word.
    const seen = new Map<string, boolean>();
    const has = (word: string): boolean => {
      const known = seen.get(word) ?? bytes.includes(word, 0, 'latin1');
      seen.set(word, known);
      return known;
    };
    for (const { mark, words, pattern, isMeant } of SIGNS) {
      if (this.#found.has(mark) || !words.some(has)) continue;
      // latin1 decodes any bytes, one character each.
      text ??= bytes.toString('latin1');
      for (const { groups } of text.matchAll(pattern)) {
        if (!isMeant(groups?.value ?? '')) continue;
        this.#found.add(mark);
        break;
      }
    }
  }

  /** All marks that were found, in the order of {@link CONTENT_MARKS}. Call it at the end of the file. */
  marks(): ContentMark[] {
    // The end of a file ends a value as the end of a line does.
    this.#scan(Buffer.concat([this.#end, Buffer.from('\n')]));
    return CONTENT_MARKS.filter(mark => this.#found.has(mark));
  }
}

/** Whether a file with these paths and marks looks like a secret. */
export function looksSecret(paths: readonly string[], marks: readonly ContentMark[]): boolean {
  if (marks.includes('private-key') || marks.includes('token')) return true;
  return paths.some(path => {
    const name = basename(path);
    return (
      isSecretName(path) ||
      (name.endsWith('.json') && marks.includes('json-private-key')) ||
      (/^\.?npmrc$/.test(name) && marks.includes('registry-token')) ||
      (/^(?:credentials|config)$/.test(name) && marks.includes('aws-secret'))
    );
  });
}

/** Whether a file looks like a secret by its name alone. */
function isSecretName(path: string): boolean {
  return SECRET_NAMES.some(pattern => pattern.test(basename(path))) || SECRET_PATHS.some(pattern => pattern.test(path));
}

/**
 * Whether a published file should be scanned. Published files are rarely secrets: they are certificates of authorities,
 * modules with the name `credentials.py`, keys of test servers.
 */
export function mayBePublishedSecret(path: string): boolean {
  return !TEST_FOLDER.test(path) && (isSecretName(path) || MAY_HOLD_SECRET.test(basename(path)));
}
