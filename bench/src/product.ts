/**
 * Everything that the benchmark uses from the product's build and from the sources in `server/`. When those files move,
 * only this file changes.
 */
import { join } from 'node:path';
import { paths } from '../../scripts/lib/paths.mjs';

/** The sidecar and command line from `npm run build`. */
export const BUNDLE = join(paths.sidecar, 'ship-env.mjs');

export { S3Server } from '../../server/test/support/s3-server.js';
export { targetSettings } from '../../server/src/contract/target-settings.js';
export { openTarget } from '../../server/src/targets/index.js';
export { WebHdfsTarget } from '../../server/examples/webhdfs-target.js';
