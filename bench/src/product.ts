/** All that the benchmark takes from the product's build and from the sources in `server/`. Files that move change this one. */
import { join } from 'node:path';
import { paths } from '../../scripts/lib/paths.mjs';

/** The sidecar and command line, as `npm run build` made it. */
export const BUNDLE = join(paths.sidecar, 'ship-env.mjs');

export { S3Server } from '../../server/test/support/s3-server.js';
