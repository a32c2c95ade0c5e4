import { basename } from 'node:path';
import { SIGNS } from './signs.js';

/**
 * What a file's content shows; kept with its hash, so that an unchanged file is not read again. A key and a token show in
 * any file; the others count only in files of some names.
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

/** More than any sign in secret-signs.ts has. */
const OVERLAP_BYTES = 4096;

/** Of a published file these names are reason enough to look into it; of anybody else's file no reason is needed. */
const MAY_HOLD_SECRET =
  /\.(?:pem|key)$|^(?:credentials|config|\.npmrc)$|(?:credential|secret|service[-_]?account|key).*\.json$/i;
/** Famous packages publish the keys of their test servers. */
const TEST_FOLDER = /(?:^|\/)(?:tests?|testing|test[-_]?data|testsuite|fixtures|examples?|vectors)\//i;

/**
 * Looks through a file of any size, piece by piece. Pieces overlap, so a sign is seen wherever they meet.
 *
 * Most files have few of the words, so it costs a search for these: 2 s for 1 GB of binary data, 6 s for 1 GB of code.
 */
export class ContentScan {
  readonly #found = new Set<ContentMark>();
  /** The end of what was seen; at first the end of a line, behind which a line may begin. */
  #end: Buffer = Buffer.from('\n');

  /** The next bytes of the file. */
  add(piece: Buffer): void {
    const seam = Buffer.concat([this.#end, piece.subarray(0, OVERLAP_BYTES)]);
    this.#look(seam);
    if (piece.length <= OVERLAP_BYTES) {
      this.#end = seam.subarray(-OVERLAP_BYTES);
      return;
    }
    this.#look(piece);
    // A copy: the next piece may take the place of this one.
    this.#end = Buffer.from(piece.subarray(-OVERLAP_BYTES));
  }

  #look(bytes: Buffer): void {
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
      // latin1 neither fails nor grows.
      text ??= bytes.toString('latin1');
      for (const { groups } of text.matchAll(pattern)) {
        if (!isMeant(groups?.value ?? '')) continue;
        this.#found.add(mark);
        break;
      }
    }
  }

  /** What all of it shows, in the order of {@link CONTENT_MARKS}. Asked at its end. */
  marks(): ContentMark[] {
    // The end of a file ends a value as the end of a line does.
    this.#look(Buffer.concat([this.#end, Buffer.from('\n')]));
    return CONTENT_MARKS.filter(mark => this.#found.has(mark));
  }
}

/** Does a file that has these paths, and shows these marks, look like a secret? */
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
