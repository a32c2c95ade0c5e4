import pc from 'picocolors';
import { findingText } from '../contract/finding-text.js';
import type { Finding } from '../contract/snapshot.js';
import { visible } from '../contract/visible.js';

/** How the beginning of a line looks on a terminal. */
const STYLES = { good: pc.green, bad: pc.red, warn: pc.yellow, strong: pc.bold };

/**
 * A line for a person: a text, or a beginning in a style and the rest. Only here become names of files and packages text on a
 * terminal, so a line holds no colours before: what it holds of control characters is someone else's.
 */
export type Line = string | readonly [style: keyof typeof STYLES, start: string, rest?: string];

/** The line as it is written, without its line end. A text of several lines stays one. */
export function written(line: Line): string {
  if (typeof line === 'string') return line.split('\n').map(visible).join('\n');
  const [style, start, rest = ''] = line;
  return STYLES[style](visible(start)) + visible(rest);
}

/** Findings as lines for a person. */
export function findingLines(findings: readonly Finding[]): Line[] {
  return findings.map(finding => ['warn', '!', ` ${findingText(finding)}`]);
}
