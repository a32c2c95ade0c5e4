/** Attempts and losses are counted by kind. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { countsOf, readTally } from '../suites/tally.mjs';

it('counts each kind, and what was lost of it', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ship-env-tally-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'tally.jsonl');
  expect(countsOf(readTally(file))).toEqual([]);
  const lines = [
    { kind: 'kill', what: 'one' },
    { kind: 'kill', what: 'two', loss: 'two: gone' },
    { kind: 'fault', what: 'three' }
  ];
  writeFileSync(file, lines.map(line => `${JSON.stringify(line)}\n`).join(''));
  expect(countsOf(readTally(file))).toEqual([
    { kind: 'fault', tried: 1, survived: 1, lost: 0 },
    { kind: 'kill', tried: 2, survived: 1, lost: 1 }
  ]);
});
