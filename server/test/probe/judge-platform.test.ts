import { expect, test } from 'vitest';
import { judgePlatform, type Verdict } from '../../src/probe/judge-platform.js';
import { requestedPlatform, requestedPython } from '../../src/probe/platform.js';
import { environment, wheel } from './facts.js';
import type { WheelFacts } from '../../src/probe/environment-facts.js';

const CPP = { architecture: 'x86_64', glibc: { version: [2, 14], file: 'a.so' }, usesCpp: true } as const;
const C = { ...CPP, usesCpp: false } as const;
const OF_MUSL = { architecture: 'x86_64', glibc: undefined, usesCpp: false } as const;

function judge(of: Partial<WheelFacts>, platform: string, python = '3.11'): Verdict {
  return judgePlatform(environment({ wheels: [wheel(of)] }), {
    platform: requestedPlatform(platform),
    python: requestedPython(python)
  });
}

test.each([
  ['a tag that fits and files that fit', {}, 'manylinux_2_28_x86_64', undefined],
  ['files that need a newer glibc', {}, 'manylinux_2_17_x86_64', 'needs glibc 2.27 (numpy/_core.so), not 2.17'],
  ['a tag that is too careful', { needs: C }, 'manylinux_2_17_x86_64', undefined],
  [
    'a tag that is too careful, with C++',
    { needs: CPP },
    'manylinux_2_17_x86_64',
    'is for glibc 2.28 on x86_64, not for glibc 2.17 on x86_64'
  ],
  ['C++ and a tag that fits', { needs: CPP }, 'manylinux_2_28_x86_64', undefined],
  [
    'a tag that promises too much',
    { tags: ['cp311-cp311-manylinux_2_5_x86_64'] },
    'manylinux_2_17_x86_64',
    'needs glibc 2.27 (numpy/_core.so), not 2.17'
  ],
  [
    'a wheel that pip built here',
    { tags: ['cp311-cp311-linux_x86_64'] },
    'manylinux_2_17_x86_64',
    'needs glibc 2.27 (numpy/_core.so), not 2.17'
  ],
  ['the same where it fits', { tags: ['cp311-cp311-linux_x86_64'] }, 'manylinux_2_28_x86_64', undefined],
  ['another processor', {}, 'manylinux_2_28_aarch64', 'has libraries for x86_64, not for aarch64'],
  ['another processor by its tag', { needs: undefined }, 'manylinux_2_28_aarch64', 'is not for aarch64'],
  [
    'a tag without files',
    { needs: undefined },
    'manylinux_2_17_x86_64',
    'is for glibc 2.28 on x86_64, not for glibc 2.17 on x86_64'
  ],
  ['a platform without a C library', {}, 'linux_x86_64', undefined],
  ['a pure wheel', { tags: ['py3-none-any'], needs: undefined }, 'manylinux_2_5_aarch64', undefined],
  ['glibc on musl', {}, 'musllinux_1_2_x86_64', 'needs glibc (numpy/_core.so), not musl'],
  ['musl on musl', { tags: ['cp311-cp311-musllinux_1_1_x86_64'], needs: OF_MUSL }, 'musllinux_1_2_x86_64', undefined],
  [
    'a newer musl',
    { tags: ['cp311-cp311-musllinux_1_2_x86_64'], needs: OF_MUSL },
    'musllinux_1_1_x86_64',
    'is for musl 1.2 on x86_64, not for musl 1.1'
  ],
  [
    'musl on glibc',
    { tags: ['cp311-cp311-musllinux_1_2_x86_64'], needs: OF_MUSL },
    'manylinux_2_28_x86_64',
    'is for musl, not for glibc 2.28 on x86_64'
  ],
  ['files that need no glibc', { needs: OF_MUSL }, 'manylinux_2_5_x86_64', undefined]
] as const)('%s', (_, of, platform, reason) => {
  const { misfits, remarks } = judge(of, platform);
  expect(misfits.map(misfit => misfit.reason)).toEqual(reason === undefined ? [] : [reason]);
  expect(remarks.map(({ level }) => level)).toEqual([reason === undefined ? 'good' : 'problem']);
});

test('a distribution that does not fit is told with its tag and the tag that would fit', () => {
  const { misfits } = judge({}, 'manylinux2014_x86_64');
  expect(misfits).toEqual([
    {
      name: 'numpy',
      version: '2.4.6',
      tags: ['cp311-cp311-manylinux_2_28_x86_64'],
      reason: 'needs glibc 2.27 (numpy/_core.so), not 2.17',
      fits: 'cp311-cp311-manylinux_2_17_x86_64, or one without compiled code (py3-none-any)'
    }
  ]);
});

test('another Python is a problem even when every wheel fits it', () => {
  const pure = environment({ wheels: [wheel({ tags: ['py3-none-any'], needs: undefined })] });
  const { misfits, remarks } = judgePlatform(pure, { python: requestedPython('3.12') });
  expect(misfits).toEqual([]);
  expect(remarks.map(({ level, message }) => [level, message])).toEqual([
    ['problem', 'An artifact of this environment needs Python 3.11 on the nodes, not 3.12.'],
    ['good', 'The one distribution runs with Python 3.12 and Linux on x86_64.']
  ]);
  expect(remarks[0]?.hint).toContain('--include-interpreter');
});

test('an artifact with its own interpreter does not depend on the Python of the nodes', () => {
  const own = environment({ includesInterpreter: true });
  const { misfits, remarks } = judgePlatform(own, { python: requestedPython('3.12') });
  expect(misfits).toEqual([]);
  expect(remarks.map(({ level }) => level)).toEqual(['good']);
});

test('what the person leaves out is as on this machine', () => {
  expect(judgePlatform(environment(), {}).remarks).toMatchObject([
    { level: 'good', message: 'The one distribution runs with Python 3.11 and Linux on x86_64.' }
  ]);
  const mac = environment({ interpreter: { ...environment().interpreter, platformTag: 'macosx_14_0_arm64' } });
  expect(judgePlatform(mac, {}).remarks).toMatchObject([
    { level: 'problem', message: "The environment is of macosx_14_0_arm64: Spark's nodes run Linux." }
  ]);
  expect(judgePlatform(environment({ wheels: [wheel(), wheel({ name: 'b' })] }), {}).remarks[0]?.message).toBe(
    'All 2 distributions run with Python 3.11 and Linux on x86_64.'
  );
});
