import type { Finding } from '../../contract/snapshot.js';
import type { Circumstances } from '../deployment.js';

const FACTOR = 'spark.executor.memoryOverheadFactor';
/** Whoever sets one of these knows about the memory beside the JVM. */
const DECIDED = [FACTOR, 'spark.executor.memoryOverhead', 'spark.kubernetes.memoryOverheadFactor'];

/**
 * Spark gives the pod of an executor 40 % more memory than its JVM when it knows that the application is written in
 * Python (`spark.kubernetes.memoryOverheadFactor`). A session of a notebook does not tell Spark so, and its pods get
 * 10 %. `spark.executor.pyspark.memory` does not count in that case.
 */
export function memoryFindings({ spark }: Pick<Circumstances, 'spark'>): Finding[] {
  if (DECIDED.some(key => key in spark.properties)) return [];
  return [
    {
      kind: 'memory-overhead',
      subject: FACTOR,
      message:
        'Spark gives the pods of a notebook only 10 % more memory than spark.executor.memory, and the Python processes must do with ' +
        `that. Set ${FACTOR} to 0.4 in spark-defaults.conf or on the builder: Spark takes 0.4 for Python in cluster mode.`
    }
  ];
}
