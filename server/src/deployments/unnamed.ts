import { sparkDeployment } from './spark/spark-deployment.js';

/** No master: spark-defaults.conf or the person names it later. */
export const unnamed = sparkDeployment({
  name: 'unnamed',
  title: 'a cluster without a name',
  accepts: master => master === '',
  clusterMode: { hint: 'Name the cluster with --master: each kind tells its driver in another way.' }
});
