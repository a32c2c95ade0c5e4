import type { Deployment } from '../deployment.js';

/**
 * A program of its own on any machine, without Spark: `ship-env run` fetches what was shipped and becomes its python
 * (prepare.ts, become.ts).
 */
export const plain: Deployment = {
  name: 'plain',
  // A program without Spark has no Spark master.
  accepts: () => false,
  // `ship-env run` reads objects by their names.
  requireUsable: () => undefined,
  // There is no driver.
  requireMode: () => undefined,
  arrange: ({ manifest, pointer }, _access, { target }) =>
    Promise.resolve({
      command: [
        ...['ship-env', 'run', '--target', target, '--artifact', manifest.id],
        ...(pointer === undefined ? [] : ['--code', pointer]),
        '--'
      ]
    }),
  findings: () => []
};
