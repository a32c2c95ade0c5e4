import { sparkDeployment } from '../spark/spark-deployment.js';
import { yarnConfiguredHere } from './configured-here.js';
import { yarnJobOutput } from './job-output.js';
import { stagedKeysFindings } from './staged-keys.js';

/** Hadoop YARN. YARN caches on its nodes only the files of its own lists. */
export const yarn = sparkDeployment({
  name: 'yarn',
  title: 'YARN',
  clusterMode: { driverEnv: name => `spark.yarn.appMasterEnv.${name}`, jobOutput: yarnJobOutput },
  accepts: master => master === 'yarn',
  configuredHere: yarnConfiguredHere,
  filesKey: 'spark.yarn.dist.files',
  archivesKey: 'spark.yarn.dist.archives',
  findings: ({ env }) => stagedKeysFindings(env)
});
