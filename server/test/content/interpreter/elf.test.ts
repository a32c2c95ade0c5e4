import { open, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readDynamicSection, readLoaderNeeds } from '../../../src/content/interpreter/elf.js';
import { temporaryFolder } from '../../support/temporary.js';

/** A program that every Linux has, links followed. */
const PROGRAM = '/bin/sh';

/** A program of real size whose first bytes, where all headers lie, are these. */
async function programWith(change: (bytes: Buffer) => Buffer): Promise<string> {
  const path = join(await temporaryFolder(), 'program');
  await writeFile(path, change(await readFile(PROGRAM)));
  return path;
}

test('the libraries of a program are those that the loader names', async () => {
  const { stdout } = await execa('ldd', [PROGRAM]);
  const section = await readDynamicSection(PROGRAM);
  expect(section?.needed).toContain('libc.so.6');
  for (const name of section?.needed ?? []) expect(stdout).toContain(name);
});

test('the versions that a program needs are those that the loader lists', async () => {
  const { stdout } = await execa('ldd', ['-v', PROGRAM]);
  // The program is the first file of the list.
  const [, listed = ''] = /Version information:\n\t\S+:\n((?:\t\t.*\n?)+)/.exec(stdout) ?? [];
  const wanted = [...listed.matchAll(/^\t\t\S+ \((\S+)\) =>/gm)].map(([, name]) => name);
  expect(wanted.length).toBeGreaterThan(0);
  const needs = await readLoaderNeeds(PROGRAM);
  expect([...(needs?.versions ?? [])].sort()).toEqual([...wanted].sort());
  expect(needs?.machine).toBe((await readFile(PROGRAM)).readUInt16LE(18));
});

test('DT_RUNPATH names the folders, and $ORIGIN stays as it is', async () => {
  const path = await programWith(bytes => bytes);
  await execa('patchelf', ['--set-rpath', '$ORIGIN/../lib:/opt/lib', path]);
  expect(await readDynamicSection(path)).toMatchObject({ searchPaths: ['$ORIGIN/../lib', '/opt/lib'] });
});

test('DT_RPATH counts where there is no DT_RUNPATH', async () => {
  const path = await programWith(bytes => bytes);
  await execa('patchelf', ['--force-rpath', '--set-rpath', '/opt/old', path]);
  expect(await readDynamicSection(path)).toMatchObject({ searchPaths: ['/opt/old'] });
});

test.each([
  ['a script', () => Buffer.from('#!/bin/sh\n')],
  ['an empty file', () => Buffer.alloc(0)],
  ['a 32-bit program', (bytes: Buffer) => Buffer.from(bytes).fill(1, 4, 5)],
  ['a big-endian program', (bytes: Buffer) => Buffer.from(bytes).fill(2, 5, 6)],
  ['a program that was cut off', (bytes: Buffer) => bytes.subarray(0, 100)]
])('%s has no section', async (_, change) => {
  const path = await programWith(change);
  expect([await readDynamicSection(path), await readLoaderNeeds(path)]).toEqual([undefined, undefined]);
});

test('whatever the bytes are, the answer is a section or none', async () => {
  const path = await programWith(bytes => bytes);
  const original = await readFile(path);
  const file = await open(path, 'r+');
  try {
    await fc.assert(
      fc.asyncProperty(fc.nat(1200), fc.uint8Array({ minLength: 1, maxLength: 16 }), async (at, bytes) => {
        await file.write(original, 0, 2000, 0);
        await file.write(bytes, 0, bytes.length, at);
        const section = await readDynamicSection(path);
        expect(section === undefined || Array.isArray(section.needed)).toBe(true);
        const needs = await readLoaderNeeds(path);
        expect(needs === undefined || Array.isArray(needs.versions)).toBe(true);
      }),
      { numRuns: 300 }
    );
  } finally {
    await file.close();
  }
});
