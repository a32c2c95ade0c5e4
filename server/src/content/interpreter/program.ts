import { open, stat } from 'node:fs/promises';
import { hasCode } from '../../errors.js';
import { orNothing } from '../../system/files/nothing.js';
import { readProgramHeader } from './elf.js';

/**
 * Why Linux cannot start a program, as a clause without its subject: `is not a file`. Undefined when nothing speaks
 * against it. Node.js ends with a dump when it shall become a program that does not start, so this is asked before.
 *
 * @throws what the disk fails with
 */
export async function problemOfProgram(path: string): Promise<string | undefined> {
  if (process.platform !== 'linux') return undefined;
  if (!(await stat(path)).isFile()) return 'is not a file';
  try {
    return (await isScript(path)) ? undefined : await problemOfBinary(path);
  } catch (error) {
    // A program may be executed by a person who may not read it.
    if (hasCode(error, 'EACCES')) return undefined;
    throw error;
  }
}

async function problemOfBinary(path: string): Promise<string | undefined> {
  const [program, own] = await Promise.all([readProgramHeader(path), readProgramHeader(process.execPath)]);
  // This machine's programs are of a kind that is not read.
  if (own === undefined) return undefined;
  if (program === undefined) return 'is not a program';
  if (program.machine !== own.machine) return 'is a program for another processor';
  const { loader } = program;
  if (loader === undefined || (await orNothing(stat(loader))) !== undefined) return undefined;
  return `needs ${loader}, which this machine does not have`;
}

async function isScript(path: string): Promise<boolean> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(2), 0, 2, 0);
    return buffer.toString('latin1', 0, bytesRead) === '#!';
  } finally {
    await file.close();
  }
}
