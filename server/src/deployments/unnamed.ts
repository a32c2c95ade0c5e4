import { sparkDeployment } from './spark/spark-deployment.js';

/** No master: spark-defaults.conf or the person names it later. */
export const unnamed = sparkDeployment({ name: 'unnamed', accepts: master => master === '' });
