import type { Target } from '../../targets/target.js';

/** How long the clean-up after a cancelled or failed ship may take. */
export const UNDO_TIMEOUT_MS = 30_000;
/** How long one removal may take, so that a removal that hangs leaves time for the others. */
const REMOVAL_TIMEOUT_MS = 10_000;

/**
 * What one ship created on a target, so that all of it can be undone. Until the environment is published, {@link undo}
 * removes what this ship created and nothing that was there before. From then on others use it, and nothing is undone.
 */
export class Journal {
  readonly #created = new Set<string>();
  /** Objects of ours whose bytes did not arrive as sent. */
  readonly #broken = new Set<string>();
  /** The two objects of the environment: the manifest publishes the artifact. */
  #environment: { readonly artifact: string; readonly manifest: string } | undefined;
  #isPublished = false;

  /** Names the two objects of the environment. */
  setEnvironment(artifact: string, manifest: string): void {
    this.#environment = { artifact, manifest };
  }

  /** Notes that this ship created an object of that name. */
  created(name: string): void {
    this.#created.add(name);
  }

  /** Names of the objects that this ship created, in the order of their creation. */
  get createdNames(): readonly string[] {
    return [...this.#created];
  }

  hasCreated(name: string): boolean {
    return this.#created.has(name);
  }

  /** Notes that the bytes of an object did not arrive as sent. */
  broke(name: string): void {
    this.#broken.add(name);
  }

  /** Can others use the environment already, so that a cancel comes too late? */
  get isPublished(): boolean {
    return this.#isPublished;
  }

  /** @param isPublished - false again when a file of the environment turned out to be missing */
  published(isPublished: boolean): void {
    this.#isPublished = isPublished;
  }

  /**
   * Removes what this ship created, in reverse order, unless it is published. The ship's own signal does not stop the
   * removal: the abort of that signal may be its reason.
   *
   * @throws AggregateError with every failure, after every removal was tried
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
        'Delete these files from the target, or ship again: the next ship uses the complete ones.'
    );
  }

  /**
   * The names in the order of removal. The manifest comes first, also when the artifact was sent again after it: a
   * manifest must never stay without its artifact.
   */
  #lastFirst(): string[] {
    const isManifest = (name: string): number => Number(name === this.#environment?.manifest);
    return [...this.#created].reverse().sort((a, b) => isManifest(b) - isManifest(a));
  }

  async #takeBack(target: Target, name: string, signal: AbortSignal): Promise<void> {
    if (!(await this.#isVouchedFor(target, name, signal))) return target.remove(name, signal);
    const { manifest } = this.#environment ?? {};
    if (manifest !== undefined && this.#created.has(manifest)) throw new Error(`${manifest} publishes it.`);
  }

  /** Did a ship of another machine publish our artifact? Then others use it, and it must stay. */
  async #isVouchedFor(target: Target, name: string, signal: AbortSignal): Promise<boolean> {
    const { artifact, manifest } = this.#environment ?? {};
    if (manifest === undefined || name !== artifact || this.#broken.has(name)) return false;
    return (await target.stat(manifest, signal)) !== undefined;
  }
}
