/** Spark's configuration of what was shipped: pure functions, no I/O. */
export { CELL_MARK, cellSource } from './cell.js';
export { codePointerFile } from './code-pointer.js';
export { DAEMON_MODULE, requireListable, sparkConfig, type SparkConf } from './config.js';
export { deploymentOf, parseMaster, type Deployment, type Master } from './deployment.js';
export { liveUpdate } from './live-update.js';
export { stagedKeysFindings } from './staged-keys.js';
export { submitArguments } from './submit.js';
