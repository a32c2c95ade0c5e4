import * as z from 'zod';
import {
  settings,
  targetSettings,
  type ShipNote,
  type TargetSettings,
  type InsertPosition
} from '../../server/src/contract/index.js';

/** What a page must know of a ship that another page started, or this one before it was reloaded. */
const facts = z.object({
  notebook: z.string(),
  target: targetSettings,
  insertPosition: settings.shape.insertPosition
});

export interface INoteFacts {
  /** Path of the notebook. */
  readonly notebook: string;
  readonly target: TargetSettings;
  readonly insertPosition: InsertPosition;
}

/** The note that travels with a ship. One notebook has one ship at a time, so its path is the key. */
export function noteOf(of: INoteFacts): ShipNote {
  return { key: `notebook:${of.notebook}`, data: JSON.stringify(of) };
}

/** What the note of a ship says; null when a page of another version or another program wrote it. */
export function readNote(note: ShipNote): INoteFacts | null {
  try {
    return facts.safeParse(JSON.parse(note.data)).data ?? null;
  } catch {
    // Not JSON.
    return null;
  }
}
