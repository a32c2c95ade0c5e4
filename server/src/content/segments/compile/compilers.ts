import { createHash } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { PassThrough } from 'node:stream';
import pLimit, { type LimitFunction } from 'p-limit';
import * as z from 'zod';
import { ShipEnvError } from '../../../errors.js';
import { parseJson } from '../../../text/json.js';
import { ProcessError, run } from '../../../system/process/run.js';
import { fileChanged } from '../seen-file.js';
import { OutputFile } from '../zip/output-file.js';
import { COMPILE_SCRIPT } from './compile-script.js';
import type { CompiledFacts, FileEntry, ModulesToCompile } from '../types.js';

const compiledFiles = z.object({ tag: z.string(), files: z.array(z.tuple([z.string(), z.number()])) });
type CompiledFiles = z.infer<typeof compiledFiles>;

const answer = z.union([
  compiledFiles,
  z.object({ changed: z.string() }),
  z.object({ error: z.tuple([z.string(), z.string()]) })
]);
type Answer = z.infer<typeof answer>;

/** More processes would take memory and gain little, because reading the environment takes time, too. */
const MAX_PROCESSES = 4;

/** Bytes of sources that a process gets at a time, so that the largest distribution keeps all processes busy. */
const CHUNK_BYTES = 512 * 1024;

/** Characters of an invalid answer that a message shows. */
const SHOWN_LENGTH = 200;

/** Some modules of a distribution, and the file for the compiled modules. */
interface Chunk {
  readonly sources: readonly FileEntry[];
  readonly output: string;
}

/**
 * Processes of the kernel python that compile modules while a plan is made. Each compiles one chunk after the other, because
 * the start of a process takes as long as the modules of a small distribution.
 */
export class Compilers {
  readonly #signal: AbortSignal;
  readonly #stopped = new AbortController();
  readonly #limit: LimitFunction;
  readonly #idle: CompilerProcess[] = [];
  readonly #all: CompilerProcess[] = [];

  /** @param processes - the most processes; at least one is used */
  constructor(processes: number, signal: AbortSignal) {
    this.#limit = pLimit(Math.min(MAX_PROCESSES, Math.max(1, processes)));
    this.#signal = AbortSignal.any([signal, this.#stopped.signal]);
  }

  /**
   * Compiles the modules of a distribution into one file, so that nodes need not compile, and the zip has only one more entry.
   * The file contains the length of a list (four bytes, little-endian), the list as JSON (`tag`, and `files`: rows of name
   * and size), and the compiled modules, back to back. ship_env_node/unpack.py reads it.
   *
   * @param output - path of the file, which must not exist
   * @throws ShipEnvError ARTIFACT_FILE_CHANGED, PYTHON_NOT_FOUND, PYTHON_FAILED; an error with the system's code; the
   *   signal's reason
   */
  async compile({ python, sources }: ModulesToCompile, output: string): Promise<CompiledFacts> {
    const chunks = chunksOf(sources).map((chunk, index) => ({ sources: chunk, output: `${output}.${index}` }));
    try {
      const results = await Promise.all(chunks.map(chunk => this.#limit(() => this.#compileChunk(python, chunk))));
      return await joinChunks(results, chunks, output);
    } catch (error) {
      // Other chunks are no longer needed, and must not be written after the clean-up.
      this.stop(error);
      await this.end();
      throw error;
    } finally {
      await Promise.all(chunks.map(chunk => rm(chunk.output, { force: true })));
    }
  }

  /** Stops all compilations. */
  stop(reason: unknown): void {
    this.#stopped.abort(reason);
  }

  /** Ends the processes. Nothing can be compiled afterwards. */
  async end(): Promise<void> {
    await Promise.all(this.#all.map(compiler => compiler.end()));
  }

  async #compileChunk(python: string, chunk: Chunk): Promise<CompiledFiles> {
    const said = await this.#ask(python, chunk);
    if ('changed' in said) {
      throw fileChanged(chunk.sources.find(({ source }) => source === said.changed) ?? unknown(said.changed));
    }
    if ('error' in said) throw Object.assign(new Error(said.error[1]), { code: said.error[0] });
    return said;
  }

  async #ask(python: string, { sources, output }: Chunk): Promise<Answer> {
    this.#signal.throwIfAborted();
    const compiler = this.#idle.pop() ?? this.#start(python);
    const said = await compiler.ask(
      JSON.stringify({ output, sources: sources.map(({ name, source, sha256 }) => [name, source, sha256]) })
    );
    this.#idle.push(compiler);
    const { data } = answer.safeParse(parseJson(said));
    if (data === undefined) throw notCompiled(python, `It wrote: ${said.slice(0, SHOWN_LENGTH)}`);
    return data;
  }

  #start(python: string): CompilerProcess {
    const compiler = new CompilerProcess(python, this.#signal);
    this.#all.push(compiler);
    return compiler;
  }
}

/** Divides the sources into chunks, in order. */
function chunksOf(sources: readonly FileEntry[]): FileEntry[][] {
  const chunks: FileEntry[][] = [];
  let left = 0;
  for (const source of sources) {
    if (left <= 0) {
      chunks.push([]);
      left = CHUNK_BYTES;
    }
    chunks.at(-1)?.push(source);
    left -= source.size;
  }
  return chunks;
}

/** Joins the compiled chunks into one file. */
async function joinChunks(
  results: readonly CompiledFiles[],
  chunks: readonly Chunk[],
  output: string
): Promise<CompiledFacts> {
  const list = Buffer.from(
    JSON.stringify({
      tag: results[0]?.tag,
      files: results.flatMap(({ files }) => files)
    } satisfies Partial<CompiledFiles>)
  );
  const length = Buffer.alloc(4);
  length.writeUInt32LE(list.length);
  const hash = createHash('sha256');
  return OutputFile.create(output, 0o600, async file => {
    const add = async (bytes: Buffer): Promise<void> => {
      hash.update(bytes);
      await file.append(bytes);
    };
    await add(length);
    await add(list);
    for (const chunk of chunks) await add(await readFile(chunk.output));
    return { sha256: hash.digest('hex'), bytes: file.position };
  });
}

/** A process that answers each line of input with one line. */
class CompilerProcess {
  readonly #python: string;
  readonly #input = new PassThrough();
  readonly #ended: Promise<void>;
  #onAnswer: (line: string) => void = () => undefined;

  constructor(python: string, signal: AbortSignal) {
    this.#python = python;
    // Not -I, because it would also ignore PYTHONHASHSEED.
    const args = ['-S', '-s', '-B', '-W', 'ignore', '-c', COMPILE_SCRIPT];
    const env = { ...withoutPythonVariables(), PYTHONHASHSEED: '0' };
    const onLine = (line: string): void => this.#onAnswer(line);
    this.#ended = run(python, args, { signal, cwd: '/', input: this.#input, env, onLine }).then(
      () => undefined,
      (error: unknown) => {
        throw error instanceof ProcessError ? notCompiled(python, error.message, error) : error;
      }
    );
    // The caller of `ask` gets the error.
    this.#ended.catch(() => undefined);
  }

  /** @throws ShipEnvError PYTHON_NOT_FOUND, PYTHON_FAILED; the signal's reason */
  async ask(line: string): Promise<string> {
    const answered = new Promise<string>(resolve => (this.#onAnswer = resolve));
    this.#input.write(`${line}\n`);
    const ended = this.#ended.then(() => {
      throw notCompiled(this.#python, 'It ended before it answered.');
    });
    return Promise.race([answered, ended]);
  }

  /** Resolves when the process has ended, well or not. */
  async end(): Promise<void> {
    this.#input.end();
    await Promise.allSettled([this.#ended]);
  }
}

function notCompiled(python: string, reason: string, cause?: ProcessError): ShipEnvError {
  const isThere = cause?.reason !== 'not-found' && cause?.reason !== 'not-executable';
  return new ShipEnvError(
    isThere ? 'PYTHON_FAILED' : 'PYTHON_NOT_FOUND',
    `${python} could not compile modules. ${reason}`,
    {
      hint:
        cause?.reason === 'killed'
          ? 'It was killed; Linux does this when memory runs out. Free some memory and ship again: finished segments are kept.'
          : 'Start it by hand to see why. Make the environment again if it is broken.',
      cause
    }
  );
}

function withoutPythonVariables(): Record<string, undefined> {
  const names = Object.keys(process.env).filter(name => /^_?PYTHON/.test(name));
  return Object.fromEntries(names.map(name => [name, undefined]));
}

function unknown(path: string): never {
  throw new RangeError(`The compiler reports ${path}, which is not among its sources.`);
}
