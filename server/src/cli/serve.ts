import { serve } from '../sidecar/serve.js';
import type { View } from './view.js';

/** `ship-env serve`: until standard input closes, so that it ends however its parent ends, or the signal aborts. */
export async function serveCommand(
  options: { socket: string; removeFolder?: true; version: string },
  view: View,
  signal: AbortSignal
): Promise<void> {
  const token = process.env['SHIP_ENV_TOKEN'] ?? '';
  // Nothing that is started from here need know it.
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
    // Else an open input keeps a sidecar alive that failed to start.
    process.stdin.destroy();
  }
}
