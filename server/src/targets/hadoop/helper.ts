import { PassThrough } from 'node:stream';
import { run } from '../../system/process/run.js';
import { FrameReader, encodeFrame, type Frame } from './frames.js';

/** How to start the helper: Java, and its class path in order. */
export interface HelperCommand {
  readonly java: string;
  readonly classPath: readonly string[];
  /** System properties of Java, without `-D`. */
  readonly properties: Readonly<Record<string, string>>;
}

/** An answer of the helper. */
export type Answer = Pick<Frame, 'texts' | 'bytes'>;

/** What Hadoop's client threw: an exception and its causes, outermost first. */
export class HadoopFailure extends Error {
  override readonly name = 'HadoopFailure';
  readonly chain: readonly { readonly type: string; readonly message: string }[];

  constructor(chain: HadoopFailure['chain']) {
    const [first] = chain;
    super(first === undefined ? 'Hadoop failed.' : `${first.type}: ${firstLine(first.message)}`, {
      ...(chain.length > 1 ? { cause: new HadoopFailure(chain.slice(1)) } : {})
    });
    this.chain = chain;
  }
}

interface Waiting {
  resolve(answer: Answer): void;
  reject(error: unknown): void;
}

/** A small heap is enough for the pieces in flight. The options make the start of Java faster. */
const JAVA_OPTIONS = ['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Xmx256m'];
const MAIN = 'shipenv.HadoopHelper';
/** How long the helper may take to end when its input has ended. */
const END_MS = 5000;
const NOTHING = Buffer.alloc(0);

/** The process in Java that asks the person's Hadoop client, for as long as it is not closed. */
export class HadoopHelper {
  readonly #input = new PassThrough();
  readonly #waiting = new Map<number, Waiting>();
  readonly #kill = new AbortController();
  #number = 0;
  /** Why the process ended; undefined as long as it runs. */
  #ended: { readonly why: unknown } | undefined;

  constructor({ java, classPath, properties }: HelperCommand) {
    const settings = Object.entries(properties).map(([name, value]) => `-D${name}=${value}`);
    const frames = new FrameReader();
    void run(java, [...JAVA_OPTIONS, ...settings, '-cp', classPath.join(':'), MAIN], {
      signal: this.#kill.signal,
      input: this.#input,
      onBytes: bytes => frames.take(bytes).forEach(frame => this.#answered(frame))
    }).then(
      () => this.#end(new Error('The Hadoop client has ended.')),
      (error: unknown) => this.#end(error)
    );
  }

  /** Has the process ended? */
  get isOver(): boolean {
    return this.#ended !== undefined;
  }

  /**
   * Asks the helper to do something.
   *
   * @param texts - the operation and its arguments
   * @param bytes - are copied before this returns
   * @throws HadoopFailure what Hadoop answered; ProcessError when the process ended; the signal's reason
   */
  async ask(texts: readonly string[], signal: AbortSignal, bytes: Buffer = NOTHING): Promise<Answer> {
    signal.throwIfAborted();
    if (this.#ended !== undefined) throw this.#ended.why;
    this.#number += 1;
    const number = this.#number;
    const answer = new Promise<Answer>((resolve, reject) => this.#waiting.set(number, { resolve, reject }));
    const stop = (): void => this.#waiting.get(number)?.reject(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
    try {
      this.#input.write(encodeFrame({ number, texts, bytes }));
      return await answer;
    } finally {
      signal.removeEventListener('abort', stop);
      this.#waiting.delete(number);
    }
  }

  /** Ends the process: its input ends, and soon after, whatever it does, the process is killed. */
  close(): void {
    this.#input.end();
    setTimeout(() => this.#kill.abort(), END_MS).unref();
  }

  #answered({ number, texts: [outcome, ...texts], bytes }: Frame): void {
    // Nobody waits for the answer to a question that was aborted.
    const waiting = this.#waiting.get(number);
    if (outcome === 'ok') waiting?.resolve({ texts, bytes });
    else waiting?.reject(new HadoopFailure(chainOf(texts)));
  }

  #end(why: unknown): void {
    this.#ended = { why };
    for (const waiting of this.#waiting.values()) waiting.reject(why);
  }
}

function chainOf(texts: readonly string[]): HadoopFailure['chain'] {
  return texts.flatMap((type, index) => (index % 2 === 0 ? [{ type, message: texts[index + 1] ?? '' }] : []));
}

/** Messages of remote exceptions end with the stack of the server. */
function firstLine(message: string): string {
  return message.split('\n', 1)[0] ?? '';
}
