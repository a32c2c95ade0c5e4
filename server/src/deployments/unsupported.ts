/** Hints about a Spark master that no deployment accepts. */

const SUPPORTED_HINT =
  'Use local-cluster[<workers>,<cores>,<MiB>], spark://<host>:<port>, yarn, k8s://https://<host>:<port> or sc://<host>:<port>, or leave the master out.';

/** Masters that we know and do not support, with what to do instead. */
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
  {
    pattern: /^sc:\/\//,
    hint:
      'Write the address of a Spark Connect server as sc://<host>:<port>, with parameters sc://<host>:<port>/;use_ssl=true. ' +
      'Leave secrets out, and set SPARK_REMOTE to the whole address in the environment of the kernel.'
  },
  {
    pattern: /^(?:k8s|kubernetes):/,
    hint:
      'Write the URL of the API server behind k8s://, as in k8s://https://<host>:<port>, without a user, a password or a query. ' +
      '`kubectl cluster-info` shows the URL; inside of the cluster it is k8s://https://kubernetes.default.svc.'
  },
  { pattern: /^(mesos:\/\/|zk:\/\/)/, hint: `Spark 4 does not support Mesos any more. ${SUPPORTED_HINT}` },
  {
    pattern: /^yarn-(client|cluster)$/,
    hint: 'Since Spark 2 the master is plain "yarn". Add --deploy-mode cluster for a driver on a node.'
  }
];

/** The hint about a master that no deployment accepts. */
export function hintFor(master: string): string {
  return HINTS.find(({ pattern }) => pattern.test(master))?.hint ?? SUPPORTED_HINT;
}

/** A master without its secrets, for a message: a URL may hold a password before its host, or a token in its query or, for
 * Spark Connect, in its parameters. */
export function withoutSecret(master: string): string {
  return master.replace(/^([a-z\d+.-]*:\/\/)?.*@/isu, '$1…@').replace(/([?#]|(?<=^sc:.*);).*$/isu, '$1…');
}
