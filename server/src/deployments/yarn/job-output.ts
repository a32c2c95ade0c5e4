import type { JobOutput } from '../deployment.js';

/**
 * What spark-submit prints about a driver on YARN (org.apache.spark.deploy.yarn.Client and ApplicationMaster). spark-submit
 * itself ends with 1 for every failed job, and leaves the job alone when a signal ends spark-submit.
 */
export const yarnJobOutput: JobOutput = {
  exitCode: line => {
    const status = /User application exited with status (\d+)/u.exec(line)?.[1];
    return status === undefined ? undefined : Number(status);
  },
  cancelCommand: line => {
    const id = /\bapplication_\d+_\d+\b/u.exec(line)?.[0];
    if (id === undefined) return undefined;
    return ['spark-class', 'org.apache.hadoop.yarn.client.cli.ApplicationCLI', 'application', '-kill', id];
  }
};
