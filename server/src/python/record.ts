/** A line of RECORD (PEP 376, PEP 427): a path relative to the site directory, with hash and size at installation. */
export interface RecordEntry {
  readonly path: string;
  /** Lower-case hex; absent when RECORD has no hash, or one of another algorithm. */
  readonly sha256?: string;
  /** Bytes. */
  readonly size?: number;
}

/**
 * Reads RECORD: CSV in Python's `excel` dialect, so a path with a comma, a quote or a line end is quoted. Lines
 * without a path are left out.
 */
export function parseRecord(text: string): RecordEntry[] {
  const entries: RecordEntry[] = [];
  for (const [path = '', hash = '', size = ''] of parseCsv(text)) {
    if (path === '') continue;
    const sha256 = sha256From(hash);
    entries.push({
      path,
      ...(sha256 === undefined ? {} : { sha256 }),
      ...(/^\d+$/.test(size) ? { size: Number(size) } : {})
    });
  }
  return entries;
}

/** `sha256=<urlsafe base64 without padding>` → hex. */
function sha256From(hash: string): string | undefined {
  const encoded = hash.startsWith('sha256=') ? hash.slice('sha256='.length) : '';
  const digest = Buffer.from(encoded, 'base64url');
  return digest.length === 32 ? digest.toString('hex') : undefined;
}

/** Rows of a CSV text: `,` between fields, `"` around a field that needs it, `""` for a quote in it. */
export function parseCsv(text: string): string[][] {
  // Nearly every RECORD has no quotes; splitting is several times faster than reading field by field.
  if (!text.includes('"'))
    return text
      .split(/\r\n|\n|\r/)
      .filter(line => line !== '')
      .map(line => line.split(','));
  const rows: string[][] = [];
  let row: string[] = [];
  let position = 0;
  while (position < text.length) {
    const field = readField(text, position);
    row.push(field.value);
    position = field.end;
    if (text[position] === ',') {
      position += 1;
      if (position === text.length) row.push('');
      else continue;
    }
    position += text.startsWith('\r\n', position) ? 2 : 1;
    if (row.length > 1 || row[0] !== '') rows.push(row);
    row = [];
  }
  return rows;
}

/** Reads the field at `start`; `end` is the index of the `,` or line end behind the field, or the length of the text. */
function readField(text: string, start: number): { value: string; end: number } {
  let value = '';
  let position = start;
  while (text[position] === '"') {
    const close = text.indexOf('"', position + 1);
    const end = close === -1 ? text.length : close;
    value += text.slice(position + 1, end);
    position = end + 1;
    // Two quotes mean one quote, and the quoted text continues.
    if (text[position] === '"') value += '"';
  }
  const rest = /[,\r\n]/g;
  rest.lastIndex = Math.min(position, text.length);
  const end = rest.exec(text)?.index ?? text.length;
  return { value: value + text.slice(position, end), end };
}
