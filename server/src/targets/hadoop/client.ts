import { HadoopHelper, type Answer, type HelperCommand } from './helper.js';

/** A helper that all targets with the same command share. */
interface Shared {
  readonly key: string;
  readonly helper: HadoopHelper;
  users: number;
  /** Ends the helper when nobody uses it for a while. */
  timer?: NodeJS.Timeout;
}

const shared = new Map<string, Shared>();
let idleMs = 0;

/**
 * Says how long a helper that no target uses stays alive. As long as a helper lives, this process does not end by
 * itself, so a command leaves this at 0. The sidecar keeps helpers: Java and the login take a second or two.
 */
export function keepIdleHelpers(ms: number): void {
  idleMs = ms;
  if (ms === 0) [...shared.values()].forEach(endIfUnused);
}

/** A target's way to a helper, which starts with the first question. */
export class HadoopClient {
  readonly #find: () => Promise<HelperCommand>;
  #used: Promise<Shared> | undefined;

  /** @param find - how to start a helper; throws a ShipEnvError where that is not possible */
  constructor(find: () => Promise<HelperCommand>) {
    this.#find = find;
  }

  /**
   * Asks the helper.
   *
   * @throws HadoopFailure, ProcessError, ShipEnvError of the search, or the signal's reason
   */
  async ask(texts: readonly string[], signal: AbortSignal, bytes?: Buffer): Promise<Answer> {
    this.#used ??= this.#find().then(use);
    const using = this.#used;
    try {
      return await (await using).helper.ask(texts, signal, bytes);
    } catch (error) {
      // The next question starts another helper.
      if (await isLost(using)) this.#leave(using);
      throw error;
    }
  }

  /** Leaves the helper for good: it keeps a login that was refused. Other targets start another one, too. */
  forget(): void {
    const using = this.#used;
    if (using === undefined) return;
    this.#leave(using);
    void using.then(remove, () => undefined);
  }

  /** The target needs the helper no longer. */
  close(): void {
    if (this.#used !== undefined) this.#leave(this.#used);
  }

  #leave(using: Promise<Shared>): void {
    if (this.#used !== using) return;
    this.#used = undefined;
    void using.then(leave, () => undefined);
  }
}

function use(command: HelperCommand): Shared {
  const key = JSON.stringify(command);
  let found = shared.get(key);
  if (found === undefined || found.helper.isOver) {
    found = { key, helper: new HadoopHelper(command), users: 0 };
    shared.set(key, found);
  }
  clearTimeout(found.timer);
  found.users += 1;
  return found;
}

function leave(used: Shared): void {
  used.users -= 1;
  clearTimeout(used.timer);
  if (idleMs > 0 && shared.get(used.key) === used) used.timer = setTimeout(() => endIfUnused(used), idleMs).unref();
  else endIfUnused(used);
}

function endIfUnused(used: Shared): void {
  if (used.users > 0) return;
  clearTimeout(used.timer);
  remove(used);
  used.helper.close();
}

/** Nobody starts to use this helper any more. */
function remove(used: Shared): void {
  if (shared.get(used.key) === used) shared.delete(used.key);
  if (used.users === 0) used.helper.close();
}

async function isLost(using: Promise<Shared>): Promise<boolean> {
  return using.then(
    ({ helper }) => helper.isOver,
    () => true
  );
}
