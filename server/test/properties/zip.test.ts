import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { crc32 } from '../../src/payloads/crc32.js';
import {
  DEFLATED,
  STORED,
  centralHeader,
  endRecords,
  joinedDirectories,
  localHeader
} from '../../src/content/segments/zip/records.js';
import { problemOfPath } from '../../src/system/files/path-names.js';
import { askPython } from './python.js';

/** How many archives are tried; three programs read each of them. */
const ARCHIVES = 60;

interface Content {
  readonly name: string;
  readonly data: Uint8Array;
  readonly isStored: boolean;
  readonly isProgram: boolean;
}

const part = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 });
const name = fc
  .array(part, { minLength: 1, maxLength: 4 })
  .map(parts => parts.join('/'))
  // Other kinds of entries are left out when an artifact is planned. The name of a folder ends with a slash.
  .filter(path => problemOfPath(path) === undefined && path.isWellFormed());
const content: fc.Arbitrary<Content> = fc.record({
  name,
  data: fc.oneof(fc.uint8Array({ maxLength: 200 }), fc.constant(new Uint8Array(70_000).fill(7))),
  isStored: fc.boolean(),
  isProgram: fc.boolean()
});
const archive = fc.uniqueArray(content, { selector: each => each.name, minLength: 1, maxLength: 8 });

/** Bytes of an archive with two consecutive segments, like an artifact. */
function zipOf(contents: readonly Content[]): Buffer {
  const half = Math.ceil(contents.length / 2);
  const segments = [contents.slice(0, half), contents.slice(half)].map(segmentOf);
  let start = 0;
  const placed = segments.map(({ bytes, directory }) => {
    const offset = start;
    start += bytes.length;
    return { directory, offset };
  });
  const directory = joinedDirectories(placed);
  const end = endRecords({ entries: contents.length, offset: start, bytes: directory.length }, 'ship-env:test');
  return Buffer.concat([...segments.map(({ bytes }) => bytes), directory, end]);
}

function segmentOf(contents: readonly Content[]): { bytes: Buffer; directory: Buffer } {
  const parts: Buffer[] = [];
  const headers: Buffer[] = [];
  let offset = 0;
  for (const { name: entry, data, isStored, isProgram } of contents) {
    const body = isStored ? Buffer.from(data) : deflateRawSync(data);
    const method = isStored ? STORED : DEFLATED;
    const facts = { name: entry, crc32: crc32(data), compressedSize: body.length, size: data.length, method } as const;
    const local = localHeader(facts);
    parts.push(local, body);
    headers.push(centralHeader({ ...facts, offset, mode: isProgram ? 0o100755 : 0o100644 }, 0));
    offset += local.length + body.length;
  }
  return { bytes: Buffer.concat(parts), directory: Buffer.concat(headers) };
}

/** Reads archives with java.util.zip, by the central directory and as a stream, and prints what each holds. */
const JAVA = `
import java.io.*; import java.nio.charset.StandardCharsets; import java.util.*; import java.util.zip.*;
public class Read {
  static String row(ZipEntry entry, InputStream stream) throws IOException {
    byte[] data = stream.readAllBytes(); CRC32 crc = new CRC32(); crc.update(data);
    return HexFormat.of().formatHex(entry.getName().getBytes(StandardCharsets.UTF_8)) + ":" + data.length + ":" + crc.getValue();
  }
  public static void main(String[] paths) throws IOException {
    for (String path : paths) {
      List<String> rows = new ArrayList<>(), streamed = new ArrayList<>();
      try (ZipFile file = new ZipFile(path)) {
        for (ZipEntry entry : Collections.list(file.entries())) rows.add(row(entry, file.getInputStream(entry)));
      }
      try (ZipInputStream stream = new ZipInputStream(new FileInputStream(path))) {
        for (ZipEntry entry; (entry = stream.getNextEntry()) != null;) streamed.add(row(entry, stream));
      }
      if (!rows.equals(streamed)) throw new IOException(path + ": " + rows + " and " + streamed);
      System.out.println(String.join(" ", rows));
    }
  }
}`;

describe('any archive that is written', () => {
  let folder: string;
  let archives: readonly (readonly Content[])[];
  let paths: readonly string[];

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'ship-env-zip-'));
    archives = fc.sample(archive, ARCHIVES);
    paths = archives.map((contents, index) => {
      const path = join(folder, `${index}.zip`);
      writeFileSync(path, zipOf(contents));
      return path;
    });
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("is read by Python's zipfile as it was written", () => {
    const script = `
import base64, zipfile
for path in values:
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        answers.append([[i.filename, base64.b64encode(archive.read(i)).decode(), i.external_attr >> 16] for i in archive.infolist()])`;
    expect(askPython(script, paths)).toEqual(
      archives.map(contents =>
        contents.map(each => [
          each.name,
          Buffer.from(each.data).toString('base64'),
          each.isProgram ? 0o100755 : 0o100644
        ])
      )
    );
  });

  it('is whole for unzip, and zipinfo counts the same entries', () => {
    const env = { ...process.env, LC_ALL: 'C.UTF-8' };
    const counts = paths.map(path => {
      execFileSync('unzip', ['-tqq', path], { env });
      const told = execFileSync('zipinfo', ['-h', path], { env, encoding: 'utf8' });
      return Number(/number of entries: (\d+)/.exec(told)?.[1]);
    });
    expect(counts).toEqual(archives.map(contents => contents.length));
  });

  it('is read by java.util.zip as it was written', () => {
    const source = join(folder, 'Read.java');
    writeFileSync(source, JAVA);
    const output = execFileSync('java', ['-XX:+UseSerialGC', source, ...paths], { encoding: 'utf8' });
    expect(output.trimEnd().split('\n')).toEqual(
      archives.map(contents =>
        contents
          .map(each => `${Buffer.from(each.name).toString('hex')}:${each.data.length}:${crc32(each.data)}`)
          .join(' ')
      )
    );
  });
});
