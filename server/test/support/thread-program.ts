import { build } from 'esbuild';
import { fileURLToPath } from 'node:url';

/** Builds the program of the threads that compress: Node.js cannot start TypeScript in a thread. */
export default async function makeThreadProgram(): Promise<void> {
  const path = (relative: string): string => fileURLToPath(new URL(`../../${relative}`, import.meta.url));
  await build({
    entryPoints: [path('src/content/segments/threads/thread.ts')],
    outfile: path('dist/thread.mjs'),
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    logLevel: 'warning'
  });
}
