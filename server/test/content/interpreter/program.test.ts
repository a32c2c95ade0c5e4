import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { problemOfProgram } from '../../../src/content/interpreter/program.js';
import { temporaryFolder } from '../../support/temporary.js';

/** Node.js itself, after an edit of its bytes. */
async function edited(edit: (bytes: Buffer) => void): Promise<string> {
  const path = join(await temporaryFolder(), 'program');
  const bytes = await readFile(process.execPath);
  edit(bytes);
  await writeFile(path, bytes);
  await chmod(path, 0o755);
  return path;
}

test('Nothing speaks against a program of this machine, or a script', async () => {
  const script = join(await temporaryFolder(), 'script');
  await writeFile(script, '#!/bin/sh\n');
  expect(await problemOfProgram(process.execPath)).toBeUndefined();
  expect(await problemOfProgram(script)).toBeUndefined();
});

test('A folder, another file and an empty file are no programs', async () => {
  const folder = await temporaryFolder();
  expect(await problemOfProgram(folder)).toBe('is not a file');
  for (const text of ['', 'text']) {
    await writeFile(join(folder, 'text'), text);
    expect(await problemOfProgram(join(folder, 'text'))).toBe('is not a program');
  }
});

test('A program for another processor, or of another C library, is known by its header', async () => {
  const other = await edited(bytes => bytes.writeUInt16LE(0xffff, 18));
  expect(await problemOfProgram(other)).toBe('is a program for another processor');
  const musl = await edited(bytes => bytes.write('/xxx', bytes.indexOf('/lib')));
  expect(await problemOfProgram(musl)).toMatch(/^needs \/xxx.*, which this machine does not have$/u);
});
