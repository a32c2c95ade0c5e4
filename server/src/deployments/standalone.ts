import { sparkDeployment } from './spark/spark-deployment.js';

/** The syntax that Spark reads (`RpcAddress.fromSparkURL`): java.net.URI takes no underscore in a host name. */
const HOST = String.raw`(?:[a-z\d](?:[a-z\d-]*[a-z\d])?(?:\.[a-z\d](?:[a-z\d-]*[a-z\d])?)*\.?|\[[\da-f:.]+\])`;
const PORT = String.raw`(?:[1-9]\d{0,3}|[1-5]\d{4}|6[0-4]\d{3}|65[0-4]\d\d|655[0-2]\d|6553[0-5])`;
const ADDRESS = `${HOST}:${PORT}`;
const MASTER = new RegExp(`^spark://${ADDRESS}(?:,${ADDRESS})*$`, 'i');

/** Spark's own cluster manager. */
export const standalone = sparkDeployment({
  name: 'standalone',
  title: 'Spark standalone',
  clusterMode: {
    hint:
      'Leave out --deploy-mode, so that the driver runs on the machine that submits the job; submit from a machine of ' +
      'the cluster when the driver should be there.'
  },
  accepts: master => MASTER.test(master),
  // Executors of a node should share the cache of fetched files. In standalone mode each executor has its own, so the
  // cache only stores a second copy of the artifact on the disk (docs/executors.md).
  withFiles: [['spark.files.useFetchCache', 'false']]
});
