import pc from 'picocolors';
import prettyBytes from 'pretty-bytes';
import type { ErrorObject } from '../contract/errors.js';
import type { StepEvent } from '../contract/ship.js';
import { visible, visibleJson, visibleLines } from '../contract/visible.js';
import { written, type Line } from './lines.js';

/** How a command tells its caller what happens: JSON lines for a program, a display for a person. */
export interface View {
  step(event: StepEvent): void;
  /** The outcome: an object for a program, lines for a person. */
  result(value: object, lines: readonly Line[]): void;
  error(error: ErrorObject): void;
}

/** `--json`: one JSON object a line on stdout, and nothing else. */
export function jsonView(stdout: NodeJS.WritableStream): View {
  const line = (value: object): void => void stdout.write(`${visibleJson(value)}\n`);
  return { step: line, result: line, error: line };
}

/** Widest step name and a margin. */
const NAME_WIDTH = 11;
const BAR_WIDTH = 20;

/**
 * For a person: progress on stderr, so that stdout holds the outcome only; a moving line for each step under way on a
 * terminal, one finished line a step elsewhere.
 */
export async function personView(stdout: NodeJS.WriteStream, stderr: NodeJS.WriteStream): Promise<View> {
  const moving = stderr.isTTY ? (await import('log-update')).createLogUpdate(stderr) : undefined;
  // A line for each step under way: build and upload overlap.
  const running = new Map<string, string>();
  return {
    step(event) {
      if (event.state === 'done') {
        running.delete(event.name);
        moving?.clear();
        stderr.write(
          `${pc.green('✓')} ${event.name.padEnd(NAME_WIDTH)}${visible(event.detail ?? '')} ${pc.dim(seconds(event.ms ?? 0))}\n`
        );
      } else {
        running.set(event.name, `${pc.cyan('…')} ${event.name.padEnd(NAME_WIDTH)}${progressText(event)}`);
      }
      if (running.size > 0) moving?.([...running.values()].join('\n'));
    },
    result(_value, lines) {
      moving?.clear();
      stdout.write(lines.map(line => `${written(line)}\n`).join(''));
    },
    error(error) {
      moving?.clear();
      stderr.write(errorLines(error).join('\n') + '\n');
    }
  };
}

/** `0.3 s`, `12 s`. */
export function seconds(ms: number): string {
  return ms < 9_950 ? `${(ms / 1000).toFixed(1)} s` : `${Math.round(ms / 1000)} s`;
}

function progressText({ done, total, detail: told = '' }: StepEvent): string {
  const detail = visible(told);
  if (done === undefined || !total) return detail;
  const filled = Math.min(BAR_WIDTH, Math.round((BAR_WIDTH * done) / total));
  const bar = '█'.repeat(filled) + pc.dim('░'.repeat(BAR_WIDTH - filled));
  // Steps that move bytes move many of them; the others count files or distributions.
  const amount = total > 100_000 ? `${prettyBytes(done)} of ${prettyBytes(total)}` : `${done} of ${total}`;
  return `${bar} ${amount}  ${pc.dim(detail)}`;
}

function errorLines({ code, message, hint, cause }: ErrorObject): string[] {
  return [
    `${pc.red('✗')} ${visibleLines(message)} ${pc.dim(`[${code}]`)}`,
    ...(hint === '' ? [] : [`  ${visibleLines(hint)}`]),
    ...cause.map(text => pc.dim(`  because: ${visibleLines(text)}`))
  ];
}
