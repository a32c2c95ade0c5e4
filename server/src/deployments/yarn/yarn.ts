import { sparkDeployment } from '../spark/spark-deployment.js';
import { stagedKeysFindings } from './staged-keys.js';

/** Hadoop YARN. Its own lists of files are those that its node cache knows about. */
export const yarn = sparkDeployment({
  name: 'yarn',
  accepts: master => master === 'yarn',
  filesKey: 'spark.yarn.dist.files',
  archivesKey: 'spark.yarn.dist.archives',
  findings: stagedKeysFindings
});
