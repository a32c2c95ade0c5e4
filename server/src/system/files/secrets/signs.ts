import type { ContentMark } from './secrets.js';

/** How a mark is recognised. Words and patterns are ASCII. */
interface Sign {
  readonly mark: ContentMark;
  /**
   * A text without any of these words cannot match the pattern. The words have at most six characters and do not begin with a
   * frequent one: Node's search for such words is several times faster than for longer words, or for a pattern.
   */
  readonly words: readonly string[];
  /**
   * Matches at most `OVERLAP_BYTES` (secrets.ts) and uses no anchors, because a piece of a file begins and ends anywhere. A
   * sign that must not continue is therefore followed by a pattern for the character behind it, and likewise in front.
   */
  readonly pattern: RegExp;
  /** Whether the pattern's group `value` is a real value and not a placeholder. */
  readonly isMeant: (value: string) => boolean;
}

const always = (): boolean => true;

/** Documentation and templates contain values of the right form. A random value has many characters and none of these words. */
function isRandom(value: string): boolean {
  return new Set(value).size >= 8 && !/example|placeholder|redacted|changeme|your|x{4}|\*{4}/i.test(value);
}

/** White space between the header of a key and its content, also as source code, JSON and the shell write it. */
const BLANK = String.raw`(?:\s|\\{1,4}[nrt\r\n])`;
/** The end of a string literal and the beginning of the next one, or the beginning of the next comment line. */
const JOINT = String.raw`(?:\\{1,4}n["'][\s+.,(\\]{0,80}[bru]{0,2}["']|\n[ \t]{0,80}(?:#|//|\*|>)[ \t]{0,24}(?![ \t]))`;
/** `Proc-Type: 4,ENCRYPTED`, `Version: GnuPG v2`. The next field on a line ends the value, so no text is matched twice. */
const FIELD_NAME = '[A-Z][A-Za-z-]{2,20}: ';
const PEM_FIELD = String.raw`(?:${FIELD_NAME}(?:(?! ${FIELD_NAME})[^\r\n\\]){1,120}${BLANK}{1,8})`;
const BASE64 = '[A-Za-z0-9+/]{16}';

/** What stands between a name and its value in a shell, an INI file, Python, JSON, YAML and the XML of Hadoop. */
const ASSIGNED = String.raw`(?:["']?\]?\s{0,20}(?::\s{0,8}str\s{0,8})?(?:=>|:=|[=:,])|</name>\s{0,80}<value>)\s{0,20}["']?`;
/** AWS secrets are 40 characters of base64. No call, attribute or longer value may follow. */
const AWS_VALUE = String.raw`(?<value>[A-Za-z0-9/+]{40})(?=[^A-Za-z0-9/+=_.([-])`;
const AWS_NAME = '(?:aws_secret_access_key|SecretAccessKey|Secret access key|fs.s3a.secret.key)';

const TOKEN_BEGINS = String.raw`(?<=[^A-Za-z0-9_-]|\\[nrt])`;
const TOKEN_ENDS = '(?=[^A-Za-z0-9_])';

export const SIGNS: readonly Sign[] = [
  {
    // RFC 7468, RFC 1421 and OpenPGP. Code that parses keys contains a header without a key behind it.
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
    // AWS accepts names in any case; people write these.
    words: ['_acces', '_ACCES', '_Acces'],
    pattern: /[\r\n][^\S\r\n]{0,80}(?:export[ \t]{1,20})?aws_secret_access_key\s{0,80}=\s{0,80}\S/gi,
    isMeant: always
  },
  {
    // The JSON of a service account, in any file. If it contains a PEM key, the first sign matches.
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
    // The id of a key is public. Next to a secret, as in the file that AWS gives out, it shows what the secret is.
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
    // In code the name is that of a variable, and its value is an expression, not a token.
    mark: 'token',
    words: ['_auth'],
    pattern:
      /_authToken\s{0,20}=\s{0,20}["']?(?<value>[A-Za-z0-9_+/=-]{16,1024}(?:\.[A-Za-z0-9_-]{16,1024}){0,2})(?=[^\w.([{])/g,
    isMeant: value => isRandom(value) && (/\d/.test(value) || value.startsWith('npm_'))
  }
];
