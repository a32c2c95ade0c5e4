import type { ContentMark } from './secrets.js';

/** What shows a mark. All of it is ASCII. */
interface Sign {
  readonly mark: ContentMark;
  /**
   * Where none of these is, the pattern is nowhere. Of six characters at most, and none that begin with a frequent one:
   * Node's search for such words is several times as fast as for longer ones, and as a pattern.
   */
  readonly words: readonly string[];
  /**
   * Looks at no more than `OVERLAP_BYTES` of secrets.ts, and takes no anchor: a piece of a file begins and ends anywhere.
   * What must not go on before or behind the sign is therefore said by the character that is there.
   */
  readonly pattern: RegExp;
  /** Is what the pattern calls `value` more than a placeholder? */
  readonly isMeant: (value: string) => boolean;
}

const always = (): boolean => true;

/** Documentation and templates have values of the right form. What is random has many characters, and no such word. */
function isRandom(value: string): boolean {
  return new Set(value).size >= 8 && !/example|placeholder|redacted|changeme|your|x{4}|\*{4}/i.test(value);
}

/** Between the header of a key and its content: white space, also as source code, JSON and the shell spell it. */
const BLANK = String.raw`(?:\s|\\{1,4}[nrt\r\n])`;
/** One string literal ends behind a line of the key, and the next one begins; or the next line of a comment begins. */
const JOINT = String.raw`(?:\\{1,4}n["'][\s+.,(\\]{0,80}[bru]{0,2}["']|\n[ \t]{0,80}(?:#|//|\*|>)[ \t]{0,24}(?![ \t]))`;
/** `Proc-Type: 4,ENCRYPTED`, `Version: GnuPG v2`. The next field on a line ends the value, so the pattern reads no text twice. */
const FIELD_NAME = '[A-Z][A-Za-z-]{2,20}: ';
const PEM_FIELD = String.raw`(?:${FIELD_NAME}(?:(?! ${FIELD_NAME})[^\r\n\\]){1,120}${BLANK}{1,8})`;
const BASE64 = '[A-Za-z0-9+/]{16}';

/** How a name gets a value in a shell, an INI file, Python, JSON, YAML and the XML of Hadoop. */
const ASSIGNED = String.raw`(?:["']?\]?\s{0,20}(?::\s{0,8}str\s{0,8})?(?:=>|:=|[=:,])|</name>\s{0,80}<value>)\s{0,20}["']?`;
/** The secret of AWS is 40 characters of base64. Behind it no call, no attribute and no longer value goes on. */
const AWS_VALUE = String.raw`(?<value>[A-Za-z0-9/+]{40})(?=[^A-Za-z0-9/+=_.([-])`;
const AWS_NAME = '(?:aws_secret_access_key|SecretAccessKey|Secret access key|fs.s3a.secret.key)';

const TOKEN_BEGINS = String.raw`(?<=[^A-Za-z0-9_-]|\\[nrt])`;
const TOKEN_ENDS = '(?=[^A-Za-z0-9_])';

export const SIGNS: readonly Sign[] = [
  {
    // RFC 7468, RFC 1421 and OpenPGP. A header without a key behind it stands in code that parses keys.
    mark: 'private-key',
    words: ['VATE K'],
    pattern: new RegExp(
      `-----BEGIN (?:[A-Z0-9]{1,20} ){0,4}PRIVATE KEY(?: BLOCK)?-----(?:${JOINT}|${BLANK}){0,24}${PEM_FIELD}{0,4}${BASE64}`,
      'g'
    ),
    isMeant: always
  },
  { mark: 'json-private-key', words: ['_key"'], pattern: /"private_key"\s{0,80}:\s{0,80}"[^"]/g, isMeant: always },
  {
    mark: 'registry-token',
    words: ['_auth', '_passw'],
    pattern: /_(?:authToken|auth|password)\s{0,80}=\s{0,80}\S/g,
    isMeant: always
  },
  {
    mark: 'aws-secret',
    // AWS takes names of any case; these are the ones that people write.
    words: ['_acces', '_ACCES', '_Acces'],
    pattern: /[\r\n][^\S\r\n]{0,80}(?:export[ \t]{1,20})?aws_secret_access_key\s{0,80}=\s{0,80}\S/gi,
    isMeant: always
  },
  {
    // A service account's JSON, wherever it was copied to. A PEM key within is the first sign.
    mark: 'token',
    words: ['_key"'],
    pattern: /"private_key"\s{0,80}:\s{0,80}"(?<value>[A-Za-z0-9+/=_-]{40})/g,
    isMeant: isRandom
  },
  {
    mark: 'token',
    words: ['_acces', '_ACCES', '_Acces', 'Secret', 'Access', '3a.sec'],
    pattern: new RegExp(`${AWS_NAME}${ASSIGNED}${AWS_VALUE}`, 'gi'),
    isMeant: isRandom
  },
  {
    // The id of a key is public. Beside the secret, as in the file that AWS gives out, it tells what the secret is.
    mark: 'token',
    words: ['AKIA'],
    pattern: new RegExp(String.raw`AKIA[A-Z0-9]{16}["']?[\s,;:|]{1,8}["']?${AWS_VALUE}`, 'g'),
    isMeant: isRandom
  },
  {
    mark: 'token',
    words: ['ghp_', 'gho_', 'ghu_', 'ghs_', 'ghr_'],
    pattern: new RegExp(`${TOKEN_BEGINS}gh[pousr]_(?<value>[A-Za-z0-9]{36,255})${TOKEN_ENDS}`, 'g'),
    isMeant: isRandom
  },
  {
    mark: 'token',
    words: ['_pat_'],
    pattern: new RegExp(`${TOKEN_BEGINS}github_pat_(?<value>[A-Za-z0-9_]{22,255})${TOKEN_ENDS}`, 'g'),
    isMeant: isRandom
  },
  {
    mark: 'token',
    words: ['xox'],
    pattern: new RegExp(`${TOKEN_BEGINS}xox[abp]-(?<value>[A-Za-z0-9-]{20,255})${TOKEN_ENDS}`, 'g'),
    isMeant: value => isRandom(value) && /\d/.test(value)
  },
  {
    // In code the name is a variable's: its value is an expression, not a token.
    mark: 'token',
    words: ['_auth'],
    pattern:
      /_authToken\s{0,20}=\s{0,20}["']?(?<value>[A-Za-z0-9_+/=-]{16,1024}(?:\.[A-Za-z0-9_-]{16,1024}){0,2})(?=[^\w.([{])/g,
    isMeant: value => isRandom(value) && (/\d/.test(value) || value.startsWith('npm_'))
  }
];
