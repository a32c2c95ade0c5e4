import pc from 'picocolors';
import prettyBytes from 'pretty-bytes';
import type { ErrorObject } from '../contract/errors.js';
import type { ProbeStepEvent } from '../contract/probe.js';
import type { RunStepEvent, StepEvent } from '../contract/ship.js';
import { visible, visibleJson, visibleLines } from '../contract/visible.js';
import { formatLine, type Line } from './lines.js';

/** A step of any command. */
type AnyStep = StepEvent | RunStepEvent | ProbeStepEvent;

/** How a command reports to its caller: JSON lines for a program, a display for a person. */
export interface View {
  step(event: AnyStep): void;
  /** The outcome: an object for a program, lines for a person. */
  result(value: object, lines: readonly Line[]): void;
  error(error: ErrorObject): void;
}

/** `--json`: one JSON object a line on stdout, and nothing else. */
export function jsonView(stdout: NodeJS.WritableStream): View {
  const line = (value: object): void => void stdout.write(`${visibleJson(value)}\n`);
  return { step: line, result: line, error: line };
}

/** The width of the longest step name, with a margin. */
const NAME_WIDTH = 11;
const BAR_WIDTH = 20;

/**
 * How often a step reports its progress when the output is not a terminal: rarely enough for a log, often enough to
 * show that it does not hang.
 */
const LOG_INTERVAL_MS = 30_000;

/**
 * The view for a person. Progress goes to stderr, so that stdout holds the outcome only. A terminal shows a moving line
 * for each step under way. Other outputs get a line for each step that ended, that waits or that takes long.
 */
export async function personView(stdout: NodeJS.WriteStream, stderr: NodeJS.WriteStream): Promise<View> {
  const moving = stderr.isTTY ? (await import('log-update')).createLogUpdate(stderr) : undefined;
  // A line for each step under way: build and upload overlap.
  const running = new Map<string, string>();
  // For outputs other than a terminal: when each step began or last reported.
  const told = new Map<string, number>();
  return {
    step(event) {
      if (event.state === 'done') {
        running.delete(event.name);
        moving?.clear();
        stderr.write(
          `${pc.green('✓')} ${event.name.padEnd(NAME_WIDTH)}${visible(event.detail ?? '')}${pc.dim(`, ${seconds(event.ms ?? 0)}`)}\n`
        );
      } else if (moving !== undefined) {
        running.set(event.name, `${underWay(event)}${progressText(event)}`);
      } else if (event.state === 'waiting' || isDue(event, told)) {
        stderr.write(`${underWay(event)}${plainProgress(event)}\n`);
      }
      if (running.size > 0) moving?.([...running.values()].join('\n'));
    },
    result(_value, lines) {
      moving?.clear();
      stdout.write(lines.map(line => `${formatLine(line)}\n`).join(''));
    },
    error(error) {
      moving?.clear();
      stderr.write(errorLines(error).join('\n') + '\n');
    }
  };
}

/** Milliseconds that a person waits without wondering what happens. */
const PATIENCE_MS = 1000;

/** A view that shows a step only when the step takes longer than a second. */
export function withoutShortSteps(view: View): View {
  const began = new Map<string, number>();
  return {
    ...view,
    step: event => {
      const now = performance.now();
      if (event.state === 'started') began.set(event.name, now);
      if (now - (began.get(event.name) ?? now) > PATIENCE_MS) view.step(event);
    }
  };
}

/** `0.3 s`, `12 s`. */
export function seconds(ms: number): string {
  return ms < 9_950 ? `${(ms / 1000).toFixed(1)} s` : `${Math.round(ms / 1000)} s`;
}

/** Is it time to report the progress of a step to an output other than a terminal? */
function isDue({ name, state }: AnyStep, told: Map<string, number>): boolean {
  const now = performance.now();
  const before = told.get(name);
  const isLate = state === 'progress' && before !== undefined && now - before >= LOG_INTERVAL_MS;
  if (isLate || before === undefined || state === 'started') told.set(name, now);
  return isLate;
}

function underWay({ name }: AnyStep): string {
  return `${pc.cyan('…')} ${name.padEnd(NAME_WIDTH)}`;
}

function progressText({ done, total, detail: told = '' }: AnyStep): string {
  const detail = visible(told);
  if (done === undefined || !total) return detail;
  const filled = Math.min(BAR_WIDTH, Math.round((BAR_WIDTH * done) / total));
  const bar = '█'.repeat(filled) + pc.dim('░'.repeat(BAR_WIDTH - filled));
  return `${bar} ${amountOf(done, total)}  ${pc.dim(detail)}`;
}

function plainProgress({ done, total, detail = '' }: AnyStep): string {
  const amount = done === undefined || !total ? '' : `${amountOf(done, total)}  `;
  return `${amount}${visible(detail)}`.trimEnd();
}

/** Steps that count bytes reach large numbers; the other steps count files or distributions. */
function amountOf(done: number, total: number): string {
  return total > 100_000 ? `${prettyBytes(done)} of ${prettyBytes(total)}` : `${done} of ${total}`;
}

function errorLines({ code, message, hint, cause }: ErrorObject): string[] {
  return [
    `${pc.red('✗')} ${visibleLines(message)} ${pc.dim(`[${code}]`)}`,
    ...(hint === '' ? [] : [`  ${visibleLines(hint)}`]),
    ...cause.map(text => pc.dim(`  because: ${visibleLines(text)}`))
  ];
}
