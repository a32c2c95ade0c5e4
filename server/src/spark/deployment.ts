import { ShipEnvError } from '../errors.js';

/** What runs the job, as far as its configuration differs. `unnamed`: spark-defaults or the person decides later. */
export type Deployment = 'local-cluster' | 'standalone' | 'yarn' | 'unnamed';

/** The masters that have a configuration; the patterns are those of Spark's SparkMasterRegex. */
const SUPPORTED: readonly { pattern: RegExp; deployment: Deployment }[] = [
  { pattern: /^$/, deployment: 'unnamed' },
  { pattern: /^local-cluster\[\s*\d+\s*,\s*\d+\s*,\s*\d+\s*\]$/, deployment: 'local-cluster' },
  { pattern: /^spark:\/\/.+$/, deployment: 'standalone' },
  { pattern: /^yarn$/, deployment: 'yarn' }
];

const SUPPORTED_HINT =
  'Use local-cluster[<workers>,<cores>,<MiB>], spark://<host>:<port> or yarn, or leave the master out.';

/** What is known to be something else, and what to do then. */
const HINTS: readonly { pattern: RegExp; hint: string }[] = [
  {
    pattern: /^local(\[.*\])?$/,
    hint:
      "Under a local master the workers run the kernel's own python: there is nothing to ship. " +
      'To try shipping on one machine use local-cluster[2,1,1024].'
  },
  {
    pattern: /^local-cluster/,
    hint: 'Write it with three numbers: local-cluster[<workers>,<cores>,<MiB>], for example local-cluster[2,1,1024].'
  },
  { pattern: /^sc:\/\//, hint: `Spark Connect is not supported yet. ${SUPPORTED_HINT}` },
  { pattern: /^k8s:\/\//, hint: `Kubernetes is not supported yet. ${SUPPORTED_HINT}` },
  { pattern: /^(mesos:\/\/|zk:\/\/)/, hint: `Spark 4 has no Mesos any more. ${SUPPORTED_HINT}` },
  {
    pattern: /^yarn-(client|cluster)$/,
    hint: 'Since Spark 2 the master is plain "yarn"; the rest is spark.submit.deployMode.'
  }
];

/**
 * The deployment behind a Spark master; the empty master is `unnamed`.
 *
 * @throws ShipEnvError CONFIG_MASTER_UNSUPPORTED
 */
export function deploymentOf(master: string): Deployment {
  const found = SUPPORTED.find(({ pattern }) => pattern.test(master));
  if (found !== undefined) return found.deployment;
  throw new ShipEnvError(
    'CONFIG_MASTER_UNSUPPORTED',
    `A configuration for the Spark master "${master}" was asked for; there is none for masters of this kind.`,
    { hint: HINTS.find(({ pattern }) => pattern.test(master))?.hint ?? SUPPORTED_HINT }
  );
}
