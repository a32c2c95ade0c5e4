import { parseRecord, type RecordEntry } from '../../../python/record.js';
import { compareText } from '../../../text/compare.js';
import type { SegmentEntry } from '../types.js';

/**
 * RECORD of a distribution inside a PEX (PEP 376, PEP 627): one line for each file, with its path in the PEX. The lines are
 * sorted, because each installer has another order.
 *
 * @param path - path of RECORD itself, which has neither hash nor size
 */
export function recordText(path: string, entries: readonly SegmentEntry[]): string {
  const lines = entries.map(entry => {
    const hash = Buffer.from(entry.sha256, 'hex').toString('base64url');
    const size = entry.kind === 'file' ? entry.size : entry.data.length;
    return [entry.name, `${csvField(entry.name)},sha256=${hash},${size}\n`] as const;
  });
  return [...lines, [path, `${csvField(path)},,\n`] as const]
    .sort(([a], [b]) => compareText(a, b))
    .map(([, line]) => line)
    .join('');
}

function csvField(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** The files that are listed in a {@link recordText}. */
export function recordedFiles(text: string): RecordEntry[] {
  return parseRecord(text);
}
