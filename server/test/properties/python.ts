import { execFileSync } from 'node:child_process';

/** How often a property is tried; more runs found nothing more. The seed changes with each run and is printed. */
export const RUNS = 300;

/**
 * Python's answers for many values: the script gets the list `values` and puts its answers into `answers`. One process
 * handles all values, since its start takes as long as hundreds of answers.
 */
export function askPython(script: string, values: readonly unknown[]): unknown[] {
  const program = `import json, sys\nvalues, answers = json.load(sys.stdin), []\n${script}\nprint(json.dumps(answers))`;
  const input = JSON.stringify(values);
  return JSON.parse(
    execFileSync('python', ['-c', program], { input, encoding: 'utf8', maxBuffer: 1 << 28 })
  ) as unknown[];
}
