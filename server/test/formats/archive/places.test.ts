import { describe, expect, test } from 'vitest';
import { compiledName } from '../../../src/content/segments/names.js';
import { STORED, centralHeader } from '../../../src/content/segments/zip/records.js';
import { omittedOf } from '../../../src/formats/archive/omitted.js';
import { compiledPlace, placeIn, recordedAs, sitePackagesOf } from '../../../src/formats/archive/places.js';

const SITE = 'lib/python3.11/site-packages';

describe('the folder of the modules', () => {
  test('has the name that site gives it', () => {
    expect(sitePackagesOf({ minor: '3.11', abiTag: 'cp311' })).toBe(SITE);
    // A Python without its lock has a folder of its own.
    expect(sitePackagesOf({ minor: '3.13', abiTag: 'cp313t' })).toBe('lib/python3.13t/site-packages');
  });
});

describe('a file of a distribution', () => {
  test.each([
    ['six.py', `${SITE}/six.py`],
    ['a/b.py', `${SITE}/a/b.py`],
    ['.prefix/bin/harbor', 'bin/harbor'],
    ['.prefix/data/share/map.txt', 'share/map.txt'],
    ['.prefix/include/site/python3.11/a.h', 'include/site/python3.11/a.h'],
    ['.prefix/data/lib64/a.so', 'lib/a.so'],
    ['.prefix/data/share/lib64/a.so', 'share/lib64/a.so'],
    ['x/.prefix/bin/a', `${SITE}/x/.prefix/bin/a`],
    ['.layout.json', undefined],
    ['a/.layout.json', `${SITE}/a/.layout.json`]
  ])('that is %s in its folder stands at %s', (name, place) => {
    expect(placeIn(SITE, name)).toBe(place);
  });

  test('is named in RECORD from the folder of the modules', () => {
    expect(recordedAs(SITE, `${SITE}/six.py`)).toBe('six.py');
    expect(recordedAs(SITE, 'bin/harbor')).toBe('../../../bin/harbor');
  });

  test('has its compiled module where Python looks for it', () => {
    expect(compiledPlace(`${SITE}/a/b.py`, 'cpython-311')).toBe(`${SITE}/a/__pycache__/b.cpython-311.pyc`);
  });
});

interface Named {
  readonly wheel: string;
  readonly rank: number;
  readonly unlistedScripts: readonly string[];
  readonly directory: Buffer;
}

/** A segment with these files in the folder of its wheel, and others beside it. */
function segment(
  wheel: string,
  files: readonly string[],
  { rank = 0, unlistedScripts = [] as string[], beside = [] as string[] } = {}
): Named {
  const names = [...files.map(file => `.deps/${wheel}/${file}`), ...beside];
  const entry = { offset: 0, crc32: 0, compressedSize: 0, size: 0, method: STORED, mode: 0o100644 } as const;
  return {
    wheel,
    rank,
    unlistedScripts,
    directory: Buffer.concat(names.map(name => centralHeader({ ...entry, name }, 0)))
  };
}

async function omitted(segments: readonly Named[], taken: readonly string[] = []): Promise<string[][]> {
  const directoryOf = (index: number): Promise<Buffer> =>
    Promise.resolve(segments[index]?.directory ?? Buffer.alloc(0));
  const all = await Promise.all(omittedOf(segments, directoryOf, { sitePackages: SITE, taken }));
  return all.map(places => [...places]);
}

describe('of two files with one place', () => {
  test('the first one stays when their site directories are equal', async () => {
    expect(await omitted([segment('a', ['m.py', 'a.py']), segment('b', ['m.py', 'b.py'])])).toEqual([
      [],
      [`${SITE}/m.py`]
    ]);
  });

  test('the one of the site directory stays that Python looks into first', async () => {
    const segments = [segment('a', ['m.py'], { rank: 2 }), segment('b', ['m.py'], { rank: 1 }), segment('c', ['m.py'])];
    expect(await omitted(segments)).toEqual([[`${SITE}/m.py`], [`${SITE}/m.py`], []]);
  });

  test('a script that a distribution lists stays, and one that was made for an entry point goes', async () => {
    const made = segment('a', ['.prefix/bin/run', 'a.py'], { unlistedScripts: ['run'] });
    const listed = segment('b', ['.prefix/bin/run'], { rank: 1 });
    expect(await omitted([made, listed])).toEqual([['bin/run'], []]);
    expect(await omitted([made])).toEqual([[]]);
  });

  test('the archive’s own stays', async () => {
    expect(await omitted([segment('a', ['m.py', '.prefix/bin/python'])], ['bin/python'])).toEqual([['bin/python']]);
  });
});

describe('a file and a folder with one place', () => {
  test('cannot both be: the first one stays, whichever it is', async () => {
    expect(await omitted([segment('a', ['m']), segment('b', ['m/x/y.py'])])).toEqual([[], [`${SITE}/m/x/y.py`]]);
    expect(await omitted([segment('a', ['m/x/y.py']), segment('b', ['m', 'm/x', 'm/x/z.py'])])).toEqual([
      [],
      [`${SITE}/m`, `${SITE}/m/x`]
    ]);
  });

  test('is found below a folder that is known', async () => {
    const deep = segment('a', ['m/x/y.py', 'm/z']);
    expect(await omitted([deep, segment('b', ['m/z/a.py', 'm/w/a.py'])])).toEqual([[], [`${SITE}/m/z/a.py`]]);
  });

  test('makes no folder that only the file would need that goes', async () => {
    const segments = [segment('a', ['m/x']), segment('b', ['m/x/new/y.py']), segment('c', ['m/x/new/z.py'])];
    expect(await omitted(segments)).toEqual([[], [`${SITE}/m/x/new/y.py`], [`${SITE}/m/x/new/z.py`]]);
  });
});

test('what has no place in an archive takes none', async () => {
  const wheel = 'a-1-py3-none-any.whl';
  const one = segment(wheel, ['.layout.json', 'a.py'], { beside: [compiledName(wheel)] });
  expect(await omitted([one, segment('b', ['.layout.json', 'b.py'])])).toEqual([[], []]);
});
