import { ShipEnvError } from '../../errors.js';
import { shown } from '../../text/shown.js';

/** What runs the job, as far as its configuration differs. `unnamed`: spark-defaults or the person decides later. */
export type Deployment = 'local-cluster' | 'standalone' | 'yarn' | 'unnamed';

/** A Spark master that has a configuration. */
export interface Master {
  /** Without white space around it; empty: the cell leaves `.master` out. */
  readonly master: string;
  readonly deployment: Deployment;
}

/** As Spark reads it (`RpcAddress.fromSparkURL`): java.net.URI takes no underscore in a host name. */
const HOST = String.raw`(?:[a-z\d](?:[a-z\d-]*[a-z\d])?(?:\.[a-z\d](?:[a-z\d-]*[a-z\d])?)*\.?|\[[\da-f:.]+\])`;
const PORT = String.raw`(?:[1-9]\d{0,3}|[1-5]\d{4}|6[0-4]\d{3}|65[0-4]\d\d|655[0-2]\d|6553[0-5])`;
const ADDRESS = `${HOST}:${PORT}`;

/** The masters that have a configuration; the kinds are those of Spark's SparkMasterRegex. */
const SUPPORTED: readonly { pattern: RegExp; deployment: Deployment }[] = [
  { pattern: /^$/, deployment: 'unnamed' },
  { pattern: /^local-cluster\[ *\d+ *, *\d+ *, *\d+ *\]$/, deployment: 'local-cluster' },
  { pattern: new RegExp(`^spark://${ADDRESS}(?:,${ADDRESS})*$`, 'i'), deployment: 'standalone' },
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
  {
    pattern: /^spark:\/\/[^/]*_/,
    hint: 'Spark takes no underscore in the name of a host. Use another name of the host, or its IP address.'
  },
  {
    pattern: /^spark:\/\//,
    hint:
      'Write each host with its port: spark://<host>:<port>, for several hosts spark://<host>:<port>,<host>:<port>. ' +
      'The web page of the Spark master shows its URL; the usual port is 7077.'
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
 * Reads a Spark master as a person wrote it; white space around it does not count.
 *
 * @throws ShipEnvError CONFIG_MASTER_UNSUPPORTED
 */
export function parseMaster(text: string): Master {
  const master = text.trim();
  const found = SUPPORTED.find(({ pattern }) => pattern.test(master));
  if (found !== undefined) return { master, deployment: found.deployment };
  throw new ShipEnvError(
    'CONFIG_MASTER_UNSUPPORTED',
    `"${shown(withoutSecret(master))}" is no Spark master that ship-env supports.`,
    { hint: HINTS.find(({ pattern }) => pattern.test(master))?.hint ?? SUPPORTED_HINT }
  );
}

/** The deployment behind a Spark master. @throws ShipEnvError CONFIG_MASTER_UNSUPPORTED */
export function deploymentOf(master: string): Deployment {
  return parseMaster(master).deployment;
}

/** A master as a message may repeat it: a URL may hold a password before its host, or a token in its query. */
function withoutSecret(master: string): string {
  return master.replace(/^([a-z\d+.-]*:\/\/)?.*@/isu, '$1…@').replace(/([?#]).*$/su, '$1…');
}
