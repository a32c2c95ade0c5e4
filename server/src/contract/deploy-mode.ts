/** Where the driver of a Spark job runs: on the machine that submits the job, or on a node of the cluster. */
export const DEPLOY_MODES = ['client', 'cluster'] as const;
export type DeployMode = (typeof DEPLOY_MODES)[number];
