import { satisfies, valid } from '@renovatebot/pep440';
import type { Interpreter } from '../contract/snapshot.js';

/** The variables of environment markers (PEP 508) whose values on the nodes are known. */
export type MarkerEnvironment = Readonly<Record<string, string>>;

/** The marker variables of the nodes, which have the kernel's python and platform. */
export function markerEnvironment(interpreter: Interpreter): MarkerEnvironment {
  const { implementation, version, minor, platformTag } = interpreter;
  const platform = /^(linux|macosx|win)/.exec(platformTag)?.[1];
  const system = { linux: 'Linux', macosx: 'Darwin', win: 'Windows' }[platform ?? ''];
  const sysPlatform = { linux: 'linux', macosx: 'darwin', win: 'win32' }[platform ?? ''];
  const machine = /(x86_64|aarch64|arm64|i686|ppc64le|s390x|armv7l|riscv64)$/.exec(platformTag)?.[1];
  const implementationName = { cpython: 'CPython', pypy: 'PyPy' }[implementation];
  return {
    python_version: minor,
    python_full_version: version,
    implementation_name: implementation,
    extra: '',
    ...(platform === undefined ? {} : { os_name: platform === 'win' ? 'nt' : 'posix' }),
    ...(system === undefined ? {} : { platform_system: system }),
    ...(sysPlatform === undefined ? {} : { sys_platform: sysPlatform }),
    ...(machine === undefined ? {} : { platform_machine: machine }),
    ...(implementationName === undefined ? {} : { platform_python_implementation: implementationName })
  };
}

/** True, false, or undefined when the value depends on something unknown or the marker cannot be read. */
type Truth = boolean | undefined;

const TOKEN = /\s*(\(|\)|===|[<>=!~]=|[<>]|'[^']*'|"[^"]*"|[A-Za-z_][A-Za-z0-9_.]*)/y;

/**
 * Evaluates an environment marker (PEP 508). The empty marker is true.
 *
 * @returns undefined when the value depends on a variable that the environment lacks, or when the text is not a marker
 */
export function evaluateMarker(marker: string, environment: MarkerEnvironment): Truth {
  if (marker.trim() === '') return true;
  const tokens = tokenize(marker);
  if (tokens === undefined) return undefined;
  const parser = new Parser(tokens, environment);
  const truth = parser.or();
  return parser.isAtEnd() ? truth : undefined;
}

function tokenize(marker: string): string[] | undefined {
  const text = marker.trim();
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const match = TOKEN.exec(text);
    if (match === null) return undefined;
    tokens.push(match[1] ?? '');
  }
  return tokens;
}

/** No marker nests parentheses so deep. The limit keeps a hostile marker from exhausting the stack. */
const MAXIMUM_DEPTH = 50;

class Parser {
  readonly #tokens: readonly string[];
  readonly #environment: MarkerEnvironment;
  #at = 0;
  #depth = 0;

  constructor(tokens: readonly string[], environment: MarkerEnvironment) {
    this.#tokens = tokens;
    this.#environment = environment;
  }

  isAtEnd(): boolean {
    return this.#at === this.#tokens.length;
  }

  or(): Truth {
    let left = this.#and();
    while (this.#take('or')) {
      const right = this.#and();
      left = left === true || right === true ? true : left === undefined || right === undefined ? undefined : false;
    }
    return left;
  }

  #and(): Truth {
    let left = this.#comparison();
    while (this.#take('and')) {
      const right = this.#comparison();
      left = left === false || right === false ? false : left === undefined || right === undefined ? undefined : true;
    }
    return left;
  }

  #comparison(): Truth {
    if (this.#take('(')) {
      // The rest stays unread, so the whole text does not count as a marker.
      if (this.#depth === MAXIMUM_DEPTH) return undefined;
      this.#depth += 1;
      const inner = this.or();
      this.#depth -= 1;
      return this.#take(')') ? inner : undefined;
    }
    const left = this.#value();
    const operator = this.#take('not') ? `not ${this.#next()}` : this.#next();
    const right = this.#value();
    return left === undefined || right === undefined ? undefined : compare(left, operator, right);
  }

  #value(): string | undefined {
    const token = this.#next();
    if (/^['"]/.test(token)) return token.slice(1, -1);
    // `hasOwn`: properties that every JavaScript object has are not variables of a marker.
    return Object.hasOwn(this.#environment, token) ? this.#environment[token] : undefined;
  }

  #next(): string {
    const token = this.#tokens[this.#at] ?? '';
    this.#at += 1;
    return token;
  }

  #take(token: string): boolean {
    if (this.#tokens[this.#at] !== token) return false;
    this.#at += 1;
    return true;
  }
}

/** Compares versions when both sides are versions, else text (PEP 508). */
function compare(left: string, operator: string, right: string): Truth {
  if (operator === 'in') return right.includes(left);
  if (operator === 'not in') return !right.includes(left);
  if (valid(left) !== null && valid(right.replace(/\.\*$/, '')) !== null) {
    return satisfies(left, `${operator}${right}`, { prereleases: true });
  }
  if (operator === '==' || operator === '===') return left === right;
  if (operator === '!=') return left !== right;
  return undefined;
}
