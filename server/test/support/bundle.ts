import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { text } from 'node:stream/consumers';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { shipEvent, type ShipEvent } from '../../src/contract/ship.js';

// needs: bundle

/** The bundle of `npm run build`, which the wheel contains. */
export const BUNDLE = fileURLToPath(new URL('../../../jupyterlab_ship_env/sidecar/ship-env.mjs', import.meta.url));

/**
 * Starts the built command line for a new person: it gets only PATH from the environment of this process.
 *
 * @param home - the person's home directory
 */
export function startShipEnv(
  home: string,
  args: readonly string[],
  env: Record<string, string> = {}
): ChildProcessByStdio<Writable, Readable, Readable> {
  return spawn(process.execPath, [BUNDLE, ...args], {
    env: { HOME: home, PATH: process.env['PATH'], NO_COLOR: '1', ...env },
    stdio: ['pipe', 'pipe', 'pipe']
  });
}

/** Runs the built command line to its end. */
export async function shipEnv(
  home: string,
  args: readonly string[],
  env: Record<string, string> = {}
): Promise<{ exitCode: number | null; stdout: string; stderr: string }> {
  const child = startShipEnv(home, args, env);
  const exited = exitOf(child);
  const [stdout, stderr, exitCode] = await Promise.all([text(child.stdout), text(child.stderr), exited]);
  return { exitCode, stdout: stdout.trimEnd(), stderr };
}

/** Settles with the exit code when the process has ended. */
export function exitOf(child: ChildProcessByStdio<Writable, Readable, Readable>): Promise<number | null> {
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', resolve);
  });
}

/** The JSON lines on stdout; fails when stdout has anything else. */
export function events(stdout: string): ShipEvent[] {
  return stdout.split('\n').map(line => shipEvent.parse(JSON.parse(line)));
}
