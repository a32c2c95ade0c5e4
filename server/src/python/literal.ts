/** A Python literal as data: dict → Map, list, tuple and set → array, None → null. */
export type PythonLiteral = string | number | boolean | null | PythonLiteral[] | Map<PythonLiteral, PythonLiteral>;

/** The text is not a literal that this reader supports: it is a name, a call or an f-string, for example. */
export class NotALiteral extends Error {
  override readonly name = 'NotALiteral';
}

const SIMPLE_ESCAPES: Readonly<Record<string, string>> = {
  '\\': '\\',
  "'": "'",
  '"': '"',
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\n': ''
};

/**
 * Reads the literal that begins at `start`, as `ast.literal_eval` would, and never evaluates anything.
 *
 * @returns the value and the index behind it
 * @throws NotALiteral
 */
export function parsePythonLiteral(text: string, start = 0): { value: PythonLiteral; end: number } {
  const reader = new LiteralReader(text, start);
  const value = reader.read();
  return { value, end: reader.position };
}

/** No finder nests so deep. The limit keeps a hostile file from exhausting the stack. */
const MAXIMUM_DEPTH = 50;

class LiteralReader {
  position: number;
  readonly #text: string;
  #depth = 0;

  constructor(text: string, position: number) {
    this.#text = text;
    this.position = position;
  }

  read(): PythonLiteral {
    this.#skipSpace();
    const character = this.#text[this.position];
    if (character === '{') return this.#braces();
    if (character === '[') return this.#sequence(']');
    if (character === '(') return this.#parentheses();
    if (this.#atString()) return this.#strings();
    return this.#word();
  }

  #parentheses(): PythonLiteral {
    const before = this.position;
    const items = this.#sequence(')');
    // `('a')` is a string, `('a',)` is a tuple.
    const isTuple = items.length !== 1 || /,\s*\)$/.test(this.#text.slice(before, this.position));
    return isTuple ? items : (items[0] ?? null);
  }

  #sequence(close: string): PythonLiteral[] {
    const items: PythonLiteral[] = [];
    this.#items(close, () => items.push(this.read()));
    return items;
  }

  #braces(): PythonLiteral {
    const map = new Map<PythonLiteral, PythonLiteral>();
    const items: PythonLiteral[] = [];
    this.#items('}', () => {
      const key = this.read();
      this.#skipSpace();
      if (this.#text[this.position] === ':') {
        this.position += 1;
        map.set(key, this.read());
      } else {
        items.push(key);
      }
    });
    return items.length > 0 ? items : map;
  }

  #items(close: string, readItem: () => void): void {
    this.#depth += 1;
    if (this.#depth > MAXIMUM_DEPTH) throw this.#error('too deep');
    this.position += 1;
    for (;;) {
      this.#skipSpace();
      if (this.#text[this.position] === close) break;
      readItem();
      this.#skipSpace();
      if (this.#text[this.position] === ',') this.position += 1;
      else if (this.#text[this.position] !== close) throw this.#error(`, or ${close} expected`);
    }
    this.position += 1;
    this.#depth -= 1;
  }

  #atString(): boolean {
    return /^(?:[rRuU]?)['"]/.test(this.#text.slice(this.position, this.position + 2));
  }

  /** Adjacent string literals are one string. */
  #strings(): string {
    let value = this.#string();
    for (;;) {
      const end = this.position;
      this.#skipSpace();
      if (!this.#atString()) {
        this.position = end;
        return value;
      }
      value += this.#string();
    }
  }

  #string(): string {
    const raw = /[rR]/.test(this.#text[this.position] ?? '');
    if (/[rRuU]/.test(this.#text[this.position] ?? '')) this.position += 1;
    const quote = this.#text[this.position] ?? '';
    const close = this.#text.startsWith(quote.repeat(3), this.position) ? quote.repeat(3) : quote;
    this.position += close.length;
    let value = '';
    while (!this.#text.startsWith(close, this.position)) {
      const character = this.#text[this.position];
      if (character === undefined || (character === '\n' && close.length === 1)) throw this.#error('string not closed');
      if (character === '\\') value += raw ? this.#rawEscape() : this.#escape();
      else {
        value += character;
        this.position += 1;
      }
    }
    this.position += close.length;
    return value;
  }

  #rawEscape(): string {
    const pair = this.#text.slice(this.position, this.position + 2);
    this.position += 2;
    return pair;
  }

  #escape(): string {
    const rest = this.#text.slice(this.position + 1, this.position + 10);
    const numeric = /^(?:x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8}))/.exec(rest);
    if (numeric !== null) {
      this.position += 1 + numeric[0].length;
      const code = parseInt(numeric[1] ?? numeric[2] ?? numeric[3] ?? '', 16);
      if (code > 0x10ffff) throw this.#error('no such character');
      return String.fromCodePoint(code);
    }
    const octal = /^[0-7]{1,3}/.exec(rest);
    if (octal !== null) {
      this.position += 1 + octal[0].length;
      return String.fromCodePoint(parseInt(octal[0], 8));
    }
    const next = rest[0] ?? '';
    this.position += 2;
    // Python keeps the backslash of an escape that it does not know.
    return SIMPLE_ESCAPES[next] ?? `\\${next}`;
  }

  #word(): PythonLiteral {
    const word = /^[-+]?[\w.]+/.exec(this.#text.slice(this.position, this.position + 100))?.[0] ?? '';
    const constants: Readonly<Record<string, PythonLiteral>> = { None: null, True: true, False: false };
    const value = Object.hasOwn(constants, word) ? constants[word] : undefined;
    const number = /^[-+]?\d[\d_]*(?:\.\d*)?$/.test(word) ? Number(word.replaceAll('_', '')) : undefined;
    const found = value ?? number;
    if (found === undefined && word !== 'None') throw this.#error('not a literal');
    this.position += word.length;
    return found ?? null;
  }

  #skipSpace(): void {
    const space = /(?:[\s\\]|#[^\n]*)*/y;
    space.lastIndex = this.position;
    this.position += space.exec(this.#text)?.[0].length ?? 0;
  }

  #error(what: string): NotALiteral {
    return new NotALiteral(`${what} at offset ${this.position}`);
  }
}
