import { execFileSync } from 'node:child_process';

/** How often a property is tried. More of them found nothing more; the seed changes with each run and is printed. */
export const RUNS = 300;

/**
 * What Python makes of many values at a time: the script is given `values`, a list, and puts its answers into `answers`. One
 * process for all of them: its start takes as long as hundreds of answers.
 */
export function askPython(script: string, values: readonly unknown[]): unknown[] {
  const program = `import json, sys\nvalues, answers = json.load(sys.stdin), []\n${script}\nprint(json.dumps(answers))`;
  const input = JSON.stringify(values);
  return JSON.parse(
    execFileSync('python', ['-c', program], { input, encoding: 'utf8', maxBuffer: 1 << 28 })
  ) as unknown[];
}
