import { expect, test } from 'vitest';
import type { NodeFacts, Remark, TargetReach } from '../../src/contract/probe.js';
import type { EnvironmentFacts } from '../../src/probe/environment-facts.js';
import { judgeCluster } from '../../src/probe/judge-cluster.js';
import { cluster, environment, node, wheel } from './facts.js';

/** The remarks that are not good. */
function complaints(
  nodes: NodeFacts[],
  {
    of,
    target,
    shared = false
  }: { of?: Partial<EnvironmentFacts>; target?: Partial<TargetReach>; shared?: boolean } = {}
): [Remark['level'], string][] {
  const { remarks } = judgeCluster(environment(of), cluster(nodes, target), { shared });
  for (const { level, hint, message } of remarks) expect(hint === '', message).toBe(level === 'good');
  return remarks.filter(({ level }) => level !== 'good').map(({ level, message }) => [level, message]);
}

const PYTHON_312 = { path: '/usr/bin/python3', version: '3.12.1', implementation: 'cpython' };
const PYPY = { path: '/usr/bin/python3', version: '3.11.2', implementation: 'pypy' };

test('nodes without a fault are told in one sentence', () => {
  const { remarks, misfits } = judgeCluster(environment(), cluster([node(), node({ host: 'b' })]), { shared: true });
  expect(misfits).toEqual([]);
  expect(remarks).toEqual([
    { level: 'good', message: 'Every node that answered read an object of the target through Spark.', hint: '' },
    {
      level: 'good',
      message: 'The nodes a, b have Python 3.11.2 at /usr/bin/python3.11, glibc 2.36 on x86_64, Spark 4.3.0.',
      hint: ''
    }
  ]);
});

test.each<[string, Partial<NodeFacts>, Remark['level'], string]>([
  [
    'another minor version of Python',
    { python: undefined, pythons: [PYTHON_312] },
    'problem',
    'The node a has Python 3.12.1 (/usr/bin/python3), and the environment needs Python 3.11.'
  ],
  [
    'no python',
    { python: undefined, pythons: [] },
    'problem',
    'The node a has no python on the PATH of the executors, and the environment needs Python 3.11.'
  ],
  [
    'another implementation',
    { python: PYPY },
    'problem',
    'The node a starts /usr/bin/python3, which is a pypy, and the environment is of cpython.'
  ],
  ['another Spark', { spark: '3.5.1' }, 'problem', 'The node a runs Spark 3.5.1, and the driver runs Spark 4.3.0.'],
  ['another patch', { spark: '4.3.1' }, 'warning', 'The node a runs Spark 4.3.1, and the driver runs Spark 4.3.0.'],
  [
    'a working directory in which nothing starts',
    { work: { path: '/container', freeBytes: 1e10, runs: false } },
    'problem',
    'The node a starts no program in the folder of an executor (/container): it is mounted noexec, or not writable.'
  ],
  [
    'a node root in which nothing starts',
    { root: { path: '/node', freeBytes: 1e10, runs: false } },
    'warning',
    'The node a starts no program below the node root /node: it is mounted noexec, or not writable. Each executor unpacks 1.0 GB for itself.'
  ],
  [
    'a folder of the container',
    { root: { path: '/container/.ship-env-pex', freeBytes: 1e10, runs: true }, refusals: ['does not run from /tmp/x'] },
    'warning',
    'The node a has no safe node root, so each executor unpacks 1.0 GB for itself. does not run from /tmp/x'
  ],
  [
    'no folder',
    { root: undefined },
    'warning',
    'The node a has no folder that is safe to unpack in, so each start of a python unpacks 1.0 GB anew.'
  ],
  [
    'a full disk',
    { root: { path: '/node', freeBytes: 5e7, runs: true } },
    'problem',
    'The node a has 50.0 MB free below /node, and the environment takes 1.0 GB.'
  ],
  [
    'a clock that is ahead',
    { clock: { least: 600, most: 602 } },
    'warning',
    "The node a has a clock that is 10 minutes ahead of this machine's. Kerberos refuses that, and from 15 minutes on S3 does."
  ],
  [
    'a clock that is behind',
    { clock: { least: -1000, most: -998 } },
    'warning',
    "The node a has a clock that is 16 minutes behind this machine's. Kerberos refuses that, and from 15 minutes on S3 does."
  ],
  [
    'an old glibc',
    { libc: 'glibc 2.17' },
    'problem',
    '1 of 1 distribution would not run on glibc 2.17 on x86_64: the node a.'
  ],
  [
    'another processor',
    { architecture: 'aarch64' },
    'problem',
    '1 of 1 distribution would not run on glibc 2.36 on aarch64: the node a.'
  ]
])('%s', (_, of, level, message) => {
  expect(complaints([node(of)])).toEqual([[level, message]]);
});

test.each<[string, Partial<NodeFacts>]>([
  ['a clock within five minutes', { clock: { least: 290, most: 310 } }],
  ['a clock that is not known well', { clock: { least: -400, most: 400 } }],
  ['a Spark that is not known', { spark: '' }],
  ['a C library that is not known', { libc: '' }],
  ['a full disk that is not used', { work: { path: '/container', freeBytes: 1, runs: true } }]
])('%s is no fault', (_, of) => {
  expect(complaints([node(of)])).toEqual([]);
});

test('when nothing starts below the node root, the disk of the working directory counts', () => {
  const of = {
    root: { path: '/node', freeBytes: 1e10, runs: false },
    work: { path: '/container', freeBytes: 1, runs: true }
  };
  expect(complaints([node(of)])[1]).toEqual([
    'problem',
    'The node a has 0.0 MB free below /container, and the environment takes 1.0 GB.'
  ]);
});

test('an artifact with its own interpreter needs no python of the node', () => {
  expect(complaints([node({ python: undefined, pythons: [] })], { of: { includesInterpreter: true } })).toEqual([]);
});

test('a free-threaded environment needs a free-threaded python', () => {
  const of = { interpreter: { ...environment().interpreter, minor: '3.13', abiTag: 'cp313t' }, wheels: [] };
  const free = { path: '/usr/bin/python3.13t', version: '3.13.0', implementation: 'cpythont' };
  expect(complaints([node({ python: free })], { of })).toEqual([]);
  expect(complaints([node({ python: { ...free, implementation: 'cpython' } })], { of })[0]?.[1]).toContain('cpythont');
});

test('several nodes with one fault share a sentence, and each executor of a node counts once', () => {
  const old = ['a', 'b', 'c', 'd', 'e'].map(host => node({ host, libc: 'glibc 2.17', spark: '3.5.1' }));
  const nodes = [
    ...old,
    node({ host: 'e', libc: 'glibc 2.17', spark: '3.5.1', work: node().work }),
    node({ host: 'f' })
  ];
  expect(complaints(nodes)).toEqual([
    ['problem', 'The nodes a, b, c and 2 others run Spark 3.5.1, and the driver runs Spark 4.3.0.'],
    ['problem', '1 of 1 distribution would not run on glibc 2.17 on x86_64: the nodes a, b, c and 2 others.']
  ]);
});

test('a distribution is named once, however many nodes it does not fit', () => {
  const nodes = [node({ libc: 'glibc 2.17' }), node({ host: 'b', libc: 'glibc 2.17' })];
  const { misfits } = judgeCluster(
    environment({ wheels: [wheel(), wheel({ name: 'pure', tags: ['py3-none-any'], needs: undefined })] }),
    cluster(nodes),
    { shared: false }
  );
  expect(misfits.map(({ name, reason }) => [name, reason])).toEqual([
    ['numpy', 'needs glibc 2.27 (numpy/_core.so), not 2.17']
  ]);
});

test.each<[string, Partial<TargetReach>, boolean, [Remark['level'], string][]]>([
  ['a directory that a node does not see, copied by Spark', { blind: ['b'] }, false, []],
  [
    'the same with --shared',
    { blind: ['b'] },
    true,
    [['problem', 'The node b does not see the directory of the target under its path.']]
  ],
  [
    'a target that Spark cannot read',
    { state: 'failed', message: 'ClassNotFoundException: S3AFileSystem' },
    false,
    [['problem', 'Spark could not bring an object of the target to the nodes: ClassNotFoundException: S3AFileSystem']]
  ],
  [
    'a directory that does not exist yet',
    { state: 'not-tried' },
    false,
    [['warning', 'The directory of the target does not exist yet, so no node was asked to read from it.']]
  ]
])('%s', (_, target, shared, found) => {
  expect(complaints([node()], { target, shared })).toEqual(found);
});
