import { sparkDeployment } from './spark/spark-deployment.js';

/** No master: spark-defaults.conf or the person decides later. */
export const unnamed = sparkDeployment({ name: 'unnamed', accepts: master => master === '' });
