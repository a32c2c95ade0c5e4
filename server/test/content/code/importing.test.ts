import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { archive, editableOf, git, project, python, pythons } from './helpers.js';

let interpreters: string[] = [];

beforeAll(async () => {
  interpreters = await pythons();
  expect(interpreters).not.toEqual([]);
});

/** Each interpreter of the machine must print the same. */
async function expectEverywhere(path: string, source: string, printed: string): Promise<void> {
  for (const interpreter of interpreters) expect(await python(interpreter, path, source), interpreter).toBe(printed);
}

describe('Python imports from the archive', () => {
  it('packages, modules, sub-packages and non-ASCII names', async () => {
    const folder = await project({
      'src/my_model/__init__.py': 'VALUE = 1',
      'src/my_model/deep/__init__.py': '',
      'src/my_model/deep/größe.py': 'VALUE = 2',
      'src/single.py': 'VALUE = 3'
    });
    const { path, archive: code } = await archive(editableOf(folder, ['src', '']));
    await expectEverywhere(
      path,
      'import my_model, single, my_model.deep.größe as g; print(my_model.VALUE, g.VALUE, single.VALUE)',
      '1 2 3'
    );
    expect(code.modules).toEqual(['my_model', 'single']);
  });

  it('namespace packages whose portions lie in two archives', async () => {
    const tools = await project({ 'src/acme/tools/__init__.py': 'VALUE = 1', 'src/acme/deep/er/one.py': 'VALUE = 3' });
    const model = await project({ 'acme/model/__init__.py': 'VALUE = 2' });
    const first = await archive(editableOf(tools, ['src', '']));
    const second = await archive(editableOf(model, ['acme/model', 'acme.model']));
    await expectEverywhere(
      first.path,
      `sys.path.append(${JSON.stringify(second.path)})\n` +
        'import acme.tools, acme.model, acme.deep.er.one as one; print(acme.tools.VALUE, acme.model.VALUE, one.VALUE)',
      '1 2 3'
    );
    expect(first.archive.modules).toEqual(['acme.deep.er.one', 'acme.tools']);
    expect(second.archive.modules).toEqual(['acme.model']);
  });

  it('package data through importlib.resources, large and empty files too', async () => {
    const folder = await project({
      'src/my_model/__init__.py': '',
      'src/my_model/data/words.txt': 'one two',
      'src/my_model/data/empty.txt': '',
      'src/my_model/data/big.bin': Buffer.alloc(3_000_000, 'abcdefg')
    });
    const { path } = await archive(editableOf(folder, ['src', '']));
    await expectEverywhere(
      path,
      'import importlib.resources as r; d = r.files("my_model") / "data"\n' +
        'print((d / "words.txt").read_text(), len((d / "empty.txt").read_bytes()), len((d / "big.bin").read_bytes()))\n' +
        'print(sorted(p.name for p in d.iterdir()))',
      "one two 0 3000000\n['big.bin', 'empty.txt', 'words.txt']"
    );
  });

  it("the package's own version and requirements through importlib.metadata", async () => {
    const folder = await project({
      'src/my_model/__init__.py':
        'from importlib.metadata import version, requires\nV = version("my-model"), requires("My_Model")'
    });
    const { path } = await archive(editableOf(folder, ['src', '']));
    await expectEverywhere(path, 'import my_model; print(my_model.V)', "('1.2.0', ['numpy>=2'])");
  });

  it('the entry points by which plugins are found', async () => {
    const folder = await project({ 'src/my_model/__init__.py': 'def plugin(): return "at your service"' });
    const entryPoints = '[my.plugins]\nharbour = my_model:plugin\n';
    const { path } = await archive({ ...editableOf(folder, ['src', '']), entryPoints });
    await expectEverywhere(
      path,
      'from importlib.metadata import entry_points, distribution\n' +
        'print([e.load()() for e in distribution("my-model").entry_points if e.group == "my.plugins"])',
      "['at your service']"
    );
  });

  it('a root that is one package, one module, or a module without its suffix', async () => {
    const folder = await project({
      'lib/code/__init__.py': 'VALUE = 1',
      'lib/tool.py': 'VALUE = 2',
      'lib/other.py': 'VALUE = 3',
      'lib/not_asked_for.py': ''
    });
    const { path, archive: code } = await archive(
      editableOf(folder, ['lib/code', 'renamed'], ['lib/tool.py', 'acme.tool'], ['lib/other', 'other'])
    );
    await expectEverywhere(
      path,
      'import renamed, acme.tool, other; print(renamed.VALUE, acme.tool.VALUE, other.VALUE)',
      '1 2 3'
    );
    expect(code.modules).toEqual(['acme.tool', 'other', 'renamed']);
  });

  it('and sees the execute bit, no other mode and no date', async () => {
    const folder = await project({ 'src/m/__init__.py': '', 'src/m/run.sh*': '#!/bin/sh', 'src/m/odd.txt': '' });
    await chmod(join(folder, 'src/m/odd.txt'), 0o604);
    const { path } = await archive(editableOf(folder, ['src', '']));
    await expectEverywhere(
      path,
      `import zipfile\nfor i in zipfile.ZipFile(${JSON.stringify(path)}).infolist(): print(oct(i.external_attr >> 16), i.date_time[0], i.filename)`,
      [
        '0o40755 1980 m/',
        '0o100644 1980 m/__init__.py',
        '0o100644 1980 m/odd.txt',
        '0o100755 1980 m/run.sh',
        '0o40755 1980 my_model-1.2.0.dist-info/',
        '0o100644 1980 my_model-1.2.0.dist-info/METADATA'
      ].join('\n')
    );
  });

  it('nothing when there is nothing to import, and ships its metadata all the same', async () => {
    const folder = await project({ 'README.md': '' });
    await mkdir(join(folder, 'src'));
    await git(folder, 'init', '-q');
    const { path, archive: code } = await archive(editableOf(folder, ['src', '']));
    await expectEverywhere(path, 'from importlib.metadata import version; print(version("my-model"))', '1.2.0');
    expect(code.modules).toEqual([]);
  });
});
