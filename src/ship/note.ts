import * as z from 'zod';
import {
  settings,
  targetSettings,
  type ShipNote,
  type TargetSettings,
  type InsertPosition
} from '../../server/src/contract/index.js';

/** What a page must know about a ship that another page started, or the same page before a reload. */
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

/** The note that a ship keeps. A notebook has one ship at a time, so the key is its path. */
export function noteOf(of: INoteFacts): ShipNote {
  return { key: `notebook:${of.notebook}`, data: JSON.stringify(of) };
}

/** Reads the note of a ship; null when another version of the page or another program wrote it. */
export function readNote(note: ShipNote): INoteFacts | null {
  try {
    return facts.safeParse(JSON.parse(note.data)).data ?? null;
  } catch {
    // Not JSON.
    return null;
  }
}
