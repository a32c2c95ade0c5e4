import { execa } from 'execa';
import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { relocatable } from '../../../src/formats/archive/script.js';
import { temporaryFolder } from '../../support/temporary.js';

const PRINT = 'import sys\nprint(sys.argv[1:], "é")\n';

/** What a script prints that lies beside a python, in a folder with a space, and is called through a link. */
async function printed(script: Buffer): Promise<string> {
  const folder = join(await temporaryFolder(), 'a folder');
  await mkdir(folder);
  const path = join(folder, 'script');
  await writeFile(path, script);
  await chmod(path, 0o755);
  await symlink((await execa('python', ['-c', 'import sys; print(sys.executable)'])).stdout, join(folder, 'python'));
  await symlink(path, `${folder}-link`);
  return (await execa(`${folder}-link`, ['a b', '$x'], { env: { PYTHONIOENCODING: 'utf-8' } })).stdout;
}

describe('a script in Python', () => {
  test.each([
    ['without an encoding', Buffer.from(`#!python\n${PRINT}`)],
    ['of one line', Buffer.from(`#!python\nimport sys; print(sys.argv[1:], "é")`)],
    ['in UTF-8, as it says', Buffer.from(`#!python\n# -*- coding: utf-8 -*-\n${PRINT}`)],
    ['in Latin-1', Buffer.from(`#!python\n# vim: set fileencoding=latin-1 : é\n${PRINT}`, 'latin1')]
  ])('%s runs with the python beside it', async (_, script) => {
    expect(await printed(relocatable(script))).toBe("['a b', '$x'] é");
  });

  test('keeps the line that tells its encoding where Python looks for it', () => {
    const lines = (text: string): string[] => relocatable(Buffer.from(text, 'latin1')).toString('latin1').split('\n');
    expect(lines('#!python\n\t # coding=iso-8859-15\nx = 1\n')[1]).toBe('\t # coding=iso-8859-15');
    expect(lines('#!python\n\t # coding=iso-8859-15\nx = 1\n').filter(line => line.includes('coding'))).toHaveLength(1);
    expect(lines('#!python\n# coding: latin-1, \u00e9\n')[1]).toBe('# coding: latin-1, \u00e9');
    // Python knows these without being told, and then the line may stand further down.
    for (const name of ['utf-8', 'UTF_8', 'utf8']) {
      expect(lines(`#!python\n# coding: ${name}\nx = 1\n`)[1]).toMatch(/^'''exec' /);
    }
    expect(lines('#!python\nx = 1 # coding: latin-1\n')[1]).toMatch(/^'''exec' /);
    expect(lines('#!python\nx = 1\n# coding: latin-1\n')[1]).toMatch(/^'''exec' /);
  });
});

test.each(['#!/bin/sh\necho\n', '#!pythonw\nx\n', '\u007fELF', ''])('any other program stays as it is: %j', text => {
  expect(relocatable(Buffer.from(text)).toString()).toBe(text);
});
