import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { folders } from './folders.js';

const file = join(folders.demoPackage, 'src', 'harbour', 'tariff.py');
/** The line that the stories edit. */
const LINE = /^( +)return round\(euros_a_day \* days \* factor(?: \+ \d+)?, 2\)$/mu;

/** Edits one line of the editable package, like a person in an editor: every fee becomes this many euros higher. */
export async function raiseFees(euros: number): Promise<void> {
  const source = await readFile(file, 'utf8');
  if (!LINE.test(source)) throw new Error(`${file} does not hold the line that the story edits.`);
  const more = euros === 0 ? '' : ` + ${euros}`;
  await writeFile(file, source.replace(LINE, `$1return round(euros_a_day * days * factor${more}, 2)`));
}
