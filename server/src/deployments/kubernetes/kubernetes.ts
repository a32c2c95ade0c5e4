import { sparkDeployment } from '../spark/spark-deployment.js';
import { podConfiguredHere } from './configured-here.js';
import { memoryFindings } from './memory.js';
import { nodeCacheConf, parseNodeCache } from './node-cache.js';

/**
 * `k8s://` and the URL of the API server, whose scheme is https when there is none (Utils.checkAndGetK8sMasterURL). A
 * path is part of the URL where a proxy serves several clusters.
 */
const HOST = String.raw`(?:[a-z\d](?:[\w.-]*[a-z\d])?|\[[\da-f:.]+\])`;
const PORT = String.raw`(?::(?:[1-9]\d{0,3}|[1-5]\d{4}|6[0-4]\d{3}|65[0-4]\d\d|655[0-2]\d|6553[0-5]))?`;
const MASTER = new RegExp(String.raw`^k8s://(?:https?://)?${HOST}${PORT}(?:/[\w./~:-]*)?$`, 'i');

/** Kubernetes: each executor is a pod. */
export const kubernetes = sparkDeployment({
  name: 'kubernetes',
  title: 'Kubernetes',
  // ship-env does not know yet how to run a driver in a pod.
  clusterMode: { hint: 'Leave out --deploy-mode: the driver then runs on the machine that submits the job.' },
  accepts: master => MASTER.test(master),
  configuredHere: podConfiguredHere,
  findings: memoryFindings,
  properties: ({ nodeCache }) => {
    const cache = parseNodeCache(nodeCache);
    return [
      // Since Spark 4.3, executors are told the address that the driver binds to (0.0.0.0 often), unless this is set.
      ['spark.kubernetes.executor.useDriverPodIP', 'false'],
      ...(cache === undefined ? [] : nodeCacheConf(cache))
    ];
  }
});
