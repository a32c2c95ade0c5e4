import { serve } from '../sidecar/serve.js';
import { keepIdleHelpers } from '../targets/index.js';
import type { View } from './view.js';

/** How long a Hadoop client that nobody uses stays alive, so that the next ship of a person finds it logged in. */
const KEEP_HELPERS_MS = 5 * 60 * 1000;

/**
 * `ship-env serve`: runs until standard input closes or the signal aborts. Standard input closes however the parent
 * ends.
 */
export async function serveCommand(
  options: { socket: string; removeFolder?: true; version: string },
  view: View,
  signal: AbortSignal
): Promise<void> {
  const token = process.env['SHIP_ENV_TOKEN'] ?? '';
  // Child processes do not need the token.
  delete process.env['SHIP_ENV_TOKEN'];
  const parentGone = new AbortController();
  process.stdin.on('end', () => parentGone.abort());
  process.stdin.on('error', () => parentGone.abort());
  process.stdin.resume();
  keepIdleHelpers(KEEP_HELPERS_MS);
  try {
    await serve({
      ...options,
      token,
      signal: AbortSignal.any([signal, parentGone.signal]),
      onReady: () => view.result({ type: 'ready', socket: options.socket }, [])
    });
  } finally {
    keepIdleHelpers(0);
    // An open standard input would keep a sidecar alive that failed to start.
    process.stdin.destroy();
  }
}
