import type { ClusterFacts, NodeFacts, TargetReach } from '../../src/contract/probe.js';
import type { EnvironmentFacts, WheelFacts } from '../../src/probe/environment-facts.js';

/** A distribution for judgements: by default numpy as PyPI has it. */
export function wheel(of: Partial<WheelFacts> = {}): WheelFacts {
  return {
    name: 'numpy',
    version: '2.4.6',
    tags: ['cp311-cp311-manylinux_2_28_x86_64'],
    needs: { architecture: 'x86_64', glibc: { version: [2, 27], file: 'numpy/_core.so' }, usesCpp: false },
    ...of
  };
}

/** An environment for judgements. */
export function environment(of: Partial<EnvironmentFacts> = {}): EnvironmentFacts {
  return {
    interpreter: {
      executable: '/venv/bin/python',
      implementation: 'cpython',
      version: '3.11.7',
      minor: '3.11',
      abiTag: 'cp311',
      platformTag: 'linux_x86_64'
    },
    wheels: [wheel()],
    bytes: 1e9,
    pyspark: '4.3.0',
    includesInterpreter: false,
    ...of
  };
}

/** What a node without a fault tells. */
export function node(of: Partial<NodeFacts> = {}): NodeFacts {
  const python = { path: '/usr/bin/python3.11', version: '3.11.2', implementation: 'cpython' };
  return {
    host: 'a',
    architecture: 'x86_64',
    libc: 'glibc 2.36',
    python,
    pythons: [python],
    spark: '4.3.0',
    work: { path: '/container/app-1/0', freeBytes: 1e10, runs: true },
    root: { path: '/tmp/ship-env-0', freeBytes: 1e10, runs: true },
    refusals: [],
    clock: { least: -1, most: 1 },
    ...of
  };
}

/** What a cluster of these nodes told. */
export function cluster(nodes: NodeFacts[], target: Partial<TargetReach> = {}): ClusterFacts {
  return {
    master: 'spark://m:7077',
    driverSpark: '4.3.0',
    nodes,
    target: { state: 'read', message: '', ...target },
    asked: '2026-11-30T12:00:00.000Z'
  };
}
