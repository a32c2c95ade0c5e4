/** The headers of METADATA, PKG-INFO or WHEEL (RFC 822 as the core metadata specification uses it). */
export class Headers {
  readonly #values = new Map<string, string[]>();

  add(name: string, value: string): void {
    const key = name.toLowerCase();
    const values = this.#values.get(key);
    if (values === undefined) this.#values.set(key, [value]);
    else values.push(value);
  }

  /** All values of a header in the order of the file. Names are compared without case. */
  all(name: string): string[] {
    return this.#values.get(name.toLowerCase()) ?? [];
  }

  /** The first value of a header; empty when the header is missing or `UNKNOWN`, which old tools write. */
  first(name: string): string {
    const value = this.all(name)[0] ?? '';
    return value === 'UNKNOWN' ? '' : value;
  }
}

/**
 * Reads the headers up to the first empty line. A folded line (one that begins with a space or tab) continues the
 * header above it.
 */
export function parseHeaders(bytes: Buffer): Headers {
  const headers = new Headers();
  let name = '';
  let value = '';
  for (const line of decodeText(bytes).split(/\r\n|\n|\r/)) {
    if (line === '') break;
    if (/^[ \t]/.test(line)) {
      value += ` ${line.trim()}`;
      continue;
    }
    if (name !== '') headers.add(name, value.trim());
    const colon = line.indexOf(':');
    name = colon === -1 ? '' : line.slice(0, colon).trim();
    value = colon === -1 ? '' : line.slice(colon + 1).trim();
  }
  if (name !== '') headers.add(name, value.trim());
  return headers;
}

const UTF8 = new TextDecoder('utf-8', { fatal: true });

/** Decodes UTF-8 and removes the byte order mark. A file that is not UTF-8 is read as Latin-1, which never fails. */
export function decodeText(bytes: Buffer): string {
  try {
    return UTF8.decode(bytes);
  } catch (error) {
    if (error instanceof TypeError) return bytes.toString('latin1');
    throw error;
  }
}

/**
 * Converts setuptools' requires.txt to `Requires-Dist` lines. The sections `[extra]`, `[:marker]` and `[extra:marker]` become
 * markers.
 */
export function requirementsFromEggInfo(text: string): string[] {
  const requirements: string[] = [];
  let markers: string[] = [];
  for (const raw of text.split(/\r\n|\n|\r/)) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    const section = /^\[([^:\]]*)(?::(.*))?\]$/.exec(line);
    if (section === null) {
      requirements.push(markers.length === 0 ? line : `${line} ; ${markers.join(' and ')}`);
      continue;
    }
    const [, extra = '', marker = ''] = section;
    markers = [...(marker === '' ? [] : [`(${marker})`]), ...(extra === '' ? [] : [`extra == '${extra}'`])];
  }
  return requirements;
}
