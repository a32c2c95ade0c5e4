import { describe, expect, test } from 'vitest';
import {
  entryPointScript,
  installedEntryPoint,
  scriptEntryPoints,
  withNeutralShebang
} from '../../../src/content/segments/plan/scripts.js';

describe('scripts', () => {
  test.each([
    ['#!/venv/bin/python\nx\n', '#!python\nx\n'],
    ['#!/venv/bin/python3.11 -E\nx\n', '#!python\nx\n'],
    ['#!/usr/bin/env python3\r\nx\n', '#!python\nx\n'],
    ['#!/venv/bin/pythonw.exe\nx\n', undefined],
    ["#!/bin/sh\n'''exec' \"/a b/bin/python\" \"$0\" \"$@\"\n' '''\nx\n", '#!python\nx\n'],
    [
      "#!/bin/sh\n# -*- coding: utf-8 -*-\n'''exec' '/a b/bin/python' \"$0\" \"$@\"\n' '''\nx\n",
      '#!python\n# -*- coding: utf-8 -*-\nx\n'
    ],
    ['#!/bin/sh\necho python\n', undefined],
    ['#!/usr/bin/perl\n', undefined],
    ['\x7fELF', undefined],
    ['#!python', '#!python\n'],
    ['', undefined]
  ])('%j becomes %j', (script, expected) => {
    expect(withNeutralShebang(Buffer.from(script))?.toString()).toBe(expected);
  });

  test('entry points of both kinds are read, other groups and nonsense are not', () => {
    const text =
      '# note\n[console_scripts]\r\na = m.n:f.g [x,y]\nb=m\nnonsense\n c = m : f \n[gui_scripts]\nw = m:f\n[other]\nz = m:f\n';
    expect([...scriptEntryPoints(text).values()]).toEqual([
      { name: 'a', module: 'm.n', attributes: ['f', 'g'] },
      { name: 'b', module: 'm', attributes: [] },
      { name: 'c', module: 'm', attributes: ['f'] },
      { name: 'w', module: 'm', attributes: ['f'] }
    ]);
  });

  const windows = `    if sys.argv[0].endswith('.exe'):\n        sys.argv[0] = sys.argv[0][:-4]\n`;
  test.each([
    // pip's distlib, pip from 25 on, uv and conda.
    `#!python\n# -*- coding: utf-8 -*-\nimport re\nimport sys\nfrom m.n import f\nif __name__ == '__main__':\n    sys.argv[0] = re.sub(r'(-script\\.pyw|\\.exe)?$', '', sys.argv[0])\n    sys.exit(f.g())\n`,
    `#!python\nimport sys\nfrom m.n import f\nif __name__ == '__main__':\n${windows}    sys.exit(f.g())\n`,
    `#!python\r\nimport sys\r\nfrom m.n import f\r\nif __name__ == "__main__":\r\n    sys.argv[0] = sys.argv[0].removesuffix(".exe")\r\n    sys.exit(f.g())\r\n`,
    entryPointScript({ module: 'm.n', attributes: ['f', 'g'] })
  ])('the entry point of an installed script is read from it: %j', script => {
    expect(installedEntryPoint(script)).toEqual({ module: 'm.n', attributes: ['f', 'g'] });
  });

  test.each([
    `#!python\nimport sys\nimport os\nfrom m import f\nsys.exit(f())\n`,
    `#!python\nimport sys\nfrom m import f\nsys.exit(f(1))\n`,
    `#!python\nimport sys\nfrom m import f\nsys.exit(g())\n`,
    `#!python\nimport sys\nfrom m import f\nsys.exit(f())\nprint()\n`,
    `#!python\nfrom m import f\n`,
    entryPointScript({ module: 'm', attributes: ['f'] }).replace('import os', 'import os.path'),
    ''
  ])('a script that does anything else is taken as it is: %j', script => {
    expect(installedEntryPoint(script)).toBeUndefined();
  });

  test('the script of a module is read as such', () => {
    const target = { module: 'm', attributes: [] };
    expect(installedEntryPoint(entryPointScript(target))).toEqual(target);
  });

  test('a module runs as a program', () => {
    expect(entryPointScript({ module: 'm', attributes: [] })).toContain(
      `runpy.run_module('m', run_name="__main__", alter_sys=True)`
    );
  });
});
