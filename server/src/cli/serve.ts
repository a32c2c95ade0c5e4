import { serve } from '../sidecar/serve.js';
import type { View } from './view.js';

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
  try {
    await serve({
      ...options,
      token,
      signal: AbortSignal.any([signal, parentGone.signal]),
      onReady: () => view.result({ type: 'ready', socket: options.socket }, [])
    });
  } finally {
    // An open standard input would keep a sidecar alive that failed to start.
    process.stdin.destroy();
  }
}
