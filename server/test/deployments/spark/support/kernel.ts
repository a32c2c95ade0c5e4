import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { createInterface, type Interface } from 'node:readline';
import * as z from 'zod';

const reply = z.union([z.object({ value: z.unknown() }).strict(), z.object({ error: z.string() })]);

/** A python process that runs cells in its `__main__`, one after the other. */
export class Kernel {
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterator<string>;
  readonly #reader: Interface;
  #log = '';

  constructor(python: string, env: Record<string, string | undefined>, cwd: string) {
    this.#process = spawn(python, [fileURLToPath(new URL('kernel.py', import.meta.url))], { env, cwd, stdio: 'pipe' });
    this.#process.stderr.setEncoding('utf8').on('data', (text: string) => (this.#log += text));
    this.#reader = createInterface(this.#process.stdout);
    this.#lines = this.#reader[Symbol.asyncIterator]();
  }

  /** Runs the source, then returns the expression's value; throws an exception of either with its traceback. */
  async run(source: string, expression = 'None'): Promise<unknown> {
    this.#process.stdin.write(`${JSON.stringify({ source, expression })}\n`);
    const line = await this.#lines.next();
    if (line.done === true) throw new Error(`The kernel went away.\n${this.#log}`);
    const answer = reply.parse(JSON.parse(line.value));
    if ('error' in answer) throw new Error(`${answer.error}\n${this.#log.slice(-4000)}`);
    return answer.value;
  }

  /** What the kernel and its Spark wrote to stderr so far. */
  get log(): string {
    return this.#log;
  }

  /** Ends the process by closing its input, which also ends its JVM. */
  async close(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    this.#process.stdin.end();
    await once(this.#process, 'close');
    this.#reader.close();
  }
}
