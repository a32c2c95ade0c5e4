import pc from 'picocolors';
import { findingText } from '../contract/finding-text.js';
import type { Finding } from '../contract/snapshot.js';
import { visible } from '../contract/visible.js';

/** How the beginning of a line looks on a terminal. */
const STYLES = { good: pc.green, bad: pc.red, warn: pc.yellow, strong: pc.bold };

/**
 * A line for a person: a text, or a styled beginning and the rest. A line holds no colour codes; {@link formatLine} adds
 * them. So every control character in a line comes from the name of a file or a package, and is escaped.
 */
export type Line = string | readonly [style: keyof typeof STYLES, start: string, rest?: string];

/** The line as the terminal gets it, without a line end. Line breaks inside a text are kept. */
export function formatLine(line: Line): string {
  if (typeof line === 'string') return line.split('\n').map(visible).join('\n');
  const [style, start, rest = ''] = line;
  return STYLES[style](visible(start)) + visible(rest);
}

/** Findings as lines for a person. */
export function findingLines(findings: readonly Finding[]): Line[] {
  return findings.map(finding => ['warn', '!', ` ${findingText(finding)}`]);
}
