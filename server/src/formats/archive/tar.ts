/**
 * The records of a tar file: ustar (POSIX.1-1988), with pax records (POSIX.1-2001) where a value does not fit into
 * ustar. Owner and time are fixed, so that equal content gives equal bytes.
 */

/** A file or a symbolic link. Folders have no entry: every reader makes the folders of a path. */
export interface TarEntry {
  /** Path in the archive, without a leading slash. */
  readonly name: string;
  /** Bytes of the content that follows the header; 0 for a link. */
  readonly size: number;
  readonly executable: boolean;
  /** The target of a symbolic link. */
  readonly link?: string;
}

export const BLOCK_BYTES = 512;

/** A tar file ends with so many zeros. */
export const END_BYTES = 2 * BLOCK_BYTES;

/** 1980-01-01 00:00 UTC, like the zip entries of a PEX. GNU tar warns of dates in 1970. */
const MTIME = 315_532_800;

const NAME_BYTES = 100;
const PREFIX_BYTES = 155;
/** The largest size that fits into eleven octal digits. */
const MAX_SIZE = 0o7777_7777_777;

const FILE = '0';
const SYMBOLIC_LINK = '2';
const PAX = 'x';

/**
 * The header of an entry, with a pax header before it where one is needed. Its length is a multiple of {@link
 * BLOCK_BYTES}.
 */
export function tarHeader({ name, size, executable, link = '' }: TarEntry): Buffer {
  const type = link === '' ? FILE : SYMBOLIC_LINK;
  const mode = link === '' ? (executable ? 0o755 : 0o644) : 0o777;
  const split = splitName(name);
  const records = [
    ...(split === undefined ? [['path', name] as const] : []),
    ...(isPlain(link) ? [] : [['linkpath', link] as const]),
    ...(size > MAX_SIZE ? [['size', String(size)] as const] : [])
  ];
  const header = block({
    ...(split ?? { name: shortened(name), prefix: '' }),
    ...{ mode, type },
    size: Math.min(size, MAX_SIZE),
    link: isPlain(link) ? link : shortened(link)
  });
  if (records.length === 0) return header;
  const data = Buffer.concat(records.map(([key, value]) => paxRecord(key, value)));
  const pax = block({
    name: `PaxHeaders/${shortened(name)}`.slice(0, NAME_BYTES),
    prefix: '',
    mode: 0o644,
    size: data.length,
    type: PAX,
    link: ''
  });
  return Buffer.concat([pax, data, padding(data.length), header]);
}

/** The zeros that fill the last block of a file. */
export function padding(size: number): Buffer {
  return Buffer.alloc((BLOCK_BYTES - (size % BLOCK_BYTES)) % BLOCK_BYTES);
}

interface Fields {
  readonly name: string;
  readonly prefix: string;
  readonly mode: number;
  readonly size: number;
  readonly type: string;
  readonly link: string;
}

function block({ name, prefix, mode, size, type, link }: Fields): Buffer {
  const header = Buffer.alloc(BLOCK_BYTES);
  const octal = (value: number, at: number, bytes: number): void => {
    header.write(value.toString(8).padStart(bytes - 1, '0'), at, 'latin1');
  };
  header.write(name, 0, 'latin1');
  octal(mode, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  octal(size, 124, 12);
  octal(MTIME, 136, 12);
  header.fill(' ', 148, 156);
  header.write(type, 156, 'latin1');
  header.write(link, 157, 'latin1');
  header.write('ustar\u000000', 257, 'latin1');
  octal(0, 329, 8);
  octal(0, 337, 8);
  header.write(prefix, 345, 'latin1');
  // The checksum is the sum of all bytes, with spaces in its own field. It is written as six digits, NUL, space.
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\u0000 `, 148, 'latin1');
  return header;
}

/** The name and prefix fields of ustar for a name; undefined when the name does not fit. */
function splitName(name: string): Pick<Fields, 'name' | 'prefix'> | undefined {
  if (isPlain(name)) return { name, prefix: '' };
  if (!isAscii(name)) return undefined;
  // The cut is at a slash, and neither part is too long.
  const cut = name.indexOf('/', name.length - NAME_BYTES - 1);
  if (cut <= 0 || cut > PREFIX_BYTES || cut === name.length - 1) return undefined;
  return { name: name.slice(cut + 1), prefix: name.slice(0, cut) };
}

function isPlain(text: string): boolean {
  return text.length <= NAME_BYTES && isAscii(text);
}

function isAscii(text: string): boolean {
  return /^[\u0000-\u007f]*$/.test(text);
}

/** The text for readers that do not know pax. */
function shortened(text: string): string {
  return text.replace(/[^\u0020-\u007e]/g, '_').slice(-NAME_BYTES);
}

/** `<length> <key>=<value>\n`; the length counts its own digits. */
function paxRecord(key: string, value: string): Buffer {
  const rest = Buffer.byteLength(` ${key}=${value}\n`);
  let length = rest;
  while (length !== rest + String(length).length) length = rest + String(length).length;
  return Buffer.from(`${length} ${key}=${value}\n`);
}
