import { basename } from 'node:path';

/** What a file's content shows; kept with its hash, so that an unchanged file is not read again. */
export const CONTENT_MARKS = ['private-key', 'json-private-key', 'registry-token', 'aws-secret'] as const;
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

/** What shows a mark. All of it is ASCII. */
interface Sign {
  readonly mark: ContentMark;
  /**
   * Where none of these is, the pattern is nowhere. Of six characters at most, and none that begin with a frequent one:
   * Node's search for such words is several times as fast as for longer ones, and as any pattern.
   */
  readonly words: readonly string[];
  /** Looks at no more than {@link OVERLAP_BYTES}, and takes no anchor: a piece of a file begins and ends anywhere. */
  readonly pattern: RegExp;
}

const SIGNS: readonly Sign[] = [
  {
    /*
     * RFC 7468 and OpenPGP private keys: the header and the end of its line, which in JSON and source code may be spelt
     * `\n`. A header quoted by code that parses keys ends with the quote and is no key.
     */
    mark: 'private-key',
    words: ['VATE K'],
    pattern: /-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----[ \t]*(?:\r?\n|\\r|\\n)/
  },
  { mark: 'json-private-key', words: ['_key"'], pattern: /"private_key"\s*:\s*"[^"]/ },
  {
    mark: 'registry-token',
    words: ['_auth', '_passw'],
    pattern: /_(?:authToken|auth|password)\s*=\s*\S/
  },
  {
    mark: 'aws-secret',
    // AWS takes names of any case; these are the ones that people write.
    words: ['_acces', '_ACCES', '_Acces'],
    pattern: /[\r\n][^\S\r\n]*aws_secret_access_key\s*=\s*\S/i
  }
];

/** More than any sign has. */
const OVERLAP_BYTES = 4096;

/** Of a published file these names are reason enough to look into it; of anybody else's file no reason is needed. */
const MAY_HOLD_SECRET =
  /\.(?:pem|key)$|^(?:credentials|config|\.npmrc)$|(?:credential|secret|service[-_]?account|key).*\.json$/i;
/** Famous packages publish the keys of their test servers. */
const TEST_FOLDER = /(?:^|\/)(?:tests?|testing|test[-_]?data|testsuite|fixtures|examples?|vectors)\//i;

/**
 * Looks through a file of any size, piece by piece. Pieces overlap, so a sign is seen wherever they meet.
 *
 * Most files have few of the words, so it costs a search for these: 0.5 s to 0.8 s for 1 GB.
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
    for (const { mark, words, pattern } of SIGNS) {
      if (this.#found.has(mark) || !words.some(word => bytes.includes(word, 0, 'latin1'))) continue;
      // latin1 neither fails nor grows.
      if (pattern.test(bytes.toString('latin1'))) this.#found.add(mark);
    }
  }

  /** What all of it shows, in the order of {@link CONTENT_MARKS}. */
  marks(): ContentMark[] {
    return CONTENT_MARKS.filter(mark => this.#found.has(mark));
  }
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
