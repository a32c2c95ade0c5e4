import { sparkDeployment } from './spark/spark-deployment.js';

/**
 * Spark's own cluster of processes on this machine, for trying things out. Its executors see the files of this machine.
 */
export const localCluster = sparkDeployment({
  name: 'local-cluster',
  title: 'local-cluster',
  clusterMode: { hint: 'Leave out --deploy-mode: the cluster and its driver run on this machine.' },
  accepts: master => /^local-cluster\[ *\d+ *, *\d+ *, *\d+ *\]$/.test(master),
  seesThisMachine: true
});
