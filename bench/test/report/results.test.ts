import { expect, it } from 'vitest';
import { Results, merged, type ResultsFile } from '../../src/report/results.js';
import { asMs } from '../../src/report/units.js';

/** A file with the results of one run of `command` on a machine. */
function fileOf(cpu: string, command: string, parts: readonly string[]): ResultsFile {
  const results = new Results(command, '3.11.7');
  parts.forEach(name => results.begin(name));
  return { machine: { cpu }, parts: results.file.parts };
}

function commandsIn({ parts }: ResultsFile): Record<string, string> {
  return Object.fromEntries(Object.entries(parts).map(([name, { command }]) => [name, command]));
}

it('replaces the findings of a part that was measured anew, and keeps the others on the same machine only', () => {
  const earlier = fileOf('x', 'earlier', ['cold', 'upload']);
  const now = fileOf('x', 'now', ['upload']);
  expect(commandsIn(merged(earlier, now))).toEqual({ cold: 'earlier', upload: 'now' });
  expect(commandsIn(merged({ ...earlier, machine: { cpu: 'y' } }, now))).toEqual({ upload: 'now' });
});

it('says whether a bound is kept', () => {
  const results = new Results('command', '3.11.7');
  const bound = { target: 1, what: 'a', found: 10, bound: 9, show: asMs };
  results.judge(bound);
  results.judge({ ...bound, sense: 'at least' });
  expect(results.found.verdicts).toEqual([
    { target: 1, what: 'a', wanted: 'at most 9 ms', found: '10 ms', isMet: false },
    { target: 1, what: 'a', wanted: 'at least 9 ms', found: '10 ms', isMet: true }
  ]);
});
