import type { Target } from '../targets/target.js';

/** How long the clean-up after a cancelled or failed ship may take. */
export const UNDO_TIMEOUT_MS = 30_000;
/** How long one removal of it may take, so that one that hangs leaves time for the others. */
const REMOVAL_TIMEOUT_MS = 10_000;

/**
 * What one ship created on a target, so that all of it can be undone. Until the environment is published, {@link undo}
 * removes what this ship created and nothing that was there before. From then on others use it, and nothing is undone.
 */
export class Journal {
  readonly #created = new Set<string>();
  /** Objects of ours whose bytes did not arrive as sent. */
  readonly #broken = new Set<string>();
  /** What makes the environment: the manifest vouches for the artifact. */
  #environment: { readonly artifact: string; readonly manifest: string } | undefined;
  #isPublished = false;

  /** The ship is about these objects. */
  concerns(artifact: string, manifest: string): void {
    this.#environment = { artifact, manifest };
  }

  /** This ship created an object of that name. */
  created(name: string): void {
    this.#created.add(name);
  }

  hasCreated(name: string): boolean {
    return this.#created.has(name);
  }

  /** The bytes of an object did not arrive as sent. */
  broke(name: string): void {
    this.#broken.add(name);
  }

  /** Is the environment there for everybody, so that a cancel comes too late? */
  get isPublished(): boolean {
    return this.#isPublished;
  }

  /** @param isPublished - false again when something of the environment turned out to be gone */
  published(isPublished: boolean): void {
    this.#isPublished = isPublished;
  }

  /**
   * Removes what this ship created, last first, unless it is published. The ship's own signal does not stop it: that may be
   * why it runs.
   *
   * @throws AggregateError of all that failed, after every removal was tried
   */
  async undo(target: Target): Promise<void> {
    if (this.#isPublished) return;
    const rest = AbortSignal.timeout(UNDO_TIMEOUT_MS);
    const left = new Map<string, unknown>();
    for (const name of this.#lastFirst()) {
      const signal = AbortSignal.any([rest, AbortSignal.timeout(REMOVAL_TIMEOUT_MS)]);
      await this.#takeBack(target, name, signal).catch((error: unknown) => left.set(name, error));
    }
    this.#created.clear();
    if (left.size === 0) return;
    throw new AggregateError(
      left.values(),
      `What this ship had uploaded could not be removed again: ${[...left.keys()].join(', ')}. ` +
        'Delete it from the target, or ship again: the next ship uses what is whole.'
    );
  }

  /** The manifest first, also when the artifact had to be sent again after it: nothing may be published halfway. */
  #lastFirst(): string[] {
    const isManifest = (name: string): number => Number(name === this.#environment?.manifest);
    return [...this.#created].reverse().sort((a, b) => isManifest(b) - isManifest(a));
  }

  async #takeBack(target: Target, name: string, signal: AbortSignal): Promise<void> {
    if (!(await this.#isVouchedFor(target, name, signal))) return target.remove(name, signal);
    const { manifest } = this.#environment ?? {};
    if (manifest !== undefined && this.#created.has(manifest)) throw new Error(`${manifest} vouches for it.`);
  }

  /** Another machine's ship found our artifact and published it: it is not ours alone any more. */
  async #isVouchedFor(target: Target, name: string, signal: AbortSignal): Promise<boolean> {
    const { artifact, manifest } = this.#environment ?? {};
    if (manifest === undefined || name !== artifact || this.#broken.has(name)) return false;
    return (await target.look(manifest, signal)) !== undefined;
  }
}
