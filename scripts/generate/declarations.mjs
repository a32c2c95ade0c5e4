/** Loads the declarations of the contract. They are TypeScript, which a script on Node.js 20 cannot import directly. */
import { join } from 'node:path';
import { paths } from '../lib/paths.mjs';

/** The exports that the generated files are made from; zod must be the same copy as that of the contract's schemas. */
const ENTRY = `
export * from './src/contract/index.js';
export * from './src/ship/cancel-budget.js';
export * as zod from 'zod';
`;

/** @typedef {typeof import('../../server/src/contract/index.js')} Contract */
/** @typedef {typeof import('../../server/src/ship/cancel-budget.js')} CancelBudget */
/** @typedef {Contract & CancelBudget & { zod: typeof import('zod') }} Declarations */

/**
 * Leaves out modules that the sources import only when needed, above all the AWS SDK: the declarations do not need
 * them.
 *
 * @type {import('esbuild').Plugin}
 */
const WITHOUT_LATER_IMPORTS = {
  name: 'without-later-imports',
  setup(build) {
    build.onResolve({ filter: /.*/ }, ({ kind, path }) =>
      kind === 'dynamic-import' ? { path, external: true } : undefined
    );
  }
};

/** @returns {Promise<Declarations>} */
export async function loadDeclarations() {
  // Imported here, since this module is read before `npm ci` has run.
  const { build } = await import('esbuild');
  const { outputFiles } = await build({
    stdin: { contents: ENTRY, resolveDir: join(paths.root, 'server'), loader: 'ts' },
    absWorkingDir: paths.root,
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    plugins: [WITHOUT_LATER_IMPORTS]
  });
  const code = outputFiles.map(({ text }) => text).join('');
  return import(`data:text/javascript;base64,${Buffer.from(code).toString('base64')}`);
}
