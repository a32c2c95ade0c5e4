import type { InsertPosition, TargetSettings } from '../../server/src/contract/index.js';
import type { IShipContext, IShipOptions } from './context.js';
import { noteOf, readNote, type INoteFacts } from './note.js';

/** A ship of the sidecar whose end nobody has heard: it is running or has ended. */
export interface IFoundShip extends INoteFacts {
  /** The id that the sidecar gave the ship. */
  readonly id: string;
}

/** A ship that the sidecar has started, as the remaining phases need it. */
export interface IUnderWay {
  readonly id: string;
  readonly target: TargetSettings;
  readonly insertPosition: InsertPosition;
  /** Did this press start the ship? Then its time counts from the press. */
  readonly isOurs: boolean;
}

/**
 * Asks the sidecar for a ship. When the notebook has a running ship, joins that ship, with the target and the position
 * of the cell that the ship was started with.
 *
 * @param python - `sys.executable` of the kernel
 * @throws ShipEnvError as the client does
 */
export async function startOrJoin(
  { notebook, client }: IShipContext,
  { request, insertPosition }: IShipOptions,
  python: string
): Promise<IUnderWay> {
  const ours = { notebook: notebook.path, target: request.target, insertPosition };
  const { id, joined, note } = await client.startShip({ ...request, python }, noteOf(ours));
  const facts = (joined ? readNote(note) : null) ?? ours;
  return { id, target: facts.target, insertPosition: facts.insertPosition, isOurs: !joined };
}

/** Continues with a found ship, which the sidecar has started already. */
export function resumed({ id, target, insertPosition }: IFoundShip): IUnderWay {
  return { id, target, insertPosition, isOurs: false };
}
