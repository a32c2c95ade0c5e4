import type { Finding } from '../../contract/snapshot.js';

const KEYS = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'];

/**
 * On YARN, Spark's client copies AWS keys that it finds in its environment into the Hadoop configuration
 * (SparkHadoopUtil.appendS3AndSparkHadoopConfigurations), and writes that in clear text into its staging folder
 * (`__spark_conf__.zip`). Everybody who may read the folder can read the keys.
 *
 * @param env - environment variables of the driver, or of the process that ships: a notebook's kernel has the same ones
 */
export function stagedKeysFindings(env: NodeJS.ProcessEnv): Finding[] {
  if (!KEYS.every(key => env[key])) return [];
  return [
    {
      kind: 'staged-keys',
      subject: KEYS.join(', '),
      message:
        'AWS keys are in the environment, and Spark on YARN writes them in clear text into its staging folder on the cluster. ' +
        'Unset them before the session is built; keep the keys in a profile of ~/.aws/credentials that the target names, or in ' +
        'a credential store (spark.hadoop.hadoop.security.credential.provider.path=jceks://…).'
    }
  ];
}
