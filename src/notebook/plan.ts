import type { InsertPosition } from '../../server/src/contract/index.js';
import { codeOnly } from '../text/python.js';
import { hashOf } from './hash.js';

/** The tag that marks our cell. The person may move the cell, but must keep the tag. */
export const CELL_TAG = 'ship-env';
/** Key of our cell metadata: `{source: <hash of the source that we wrote>}`. */
export const CELL_METADATA = 'ship_env';

/** What the plan needs to know about a cell. */
export interface ICellFacts {
  readonly cellType: string;
  readonly source: string;
  readonly tags: readonly string[];
  /** Hash of the source that the last ship wrote; undefined when unknown. */
  readonly shippedSource?: string;
  /** `editable: false` in the cell's metadata. */
  readonly isLocked: boolean;
}

/** How to change the notebook. */
export type CellPlan =
  | { readonly kind: 'insert'; readonly index: number }
  | {
      readonly kind: 'update';
      readonly index: number;
      /** The person changed the cell since the last ship. */
      readonly wasEdited: boolean;
    }
  | { readonly kind: 'keep'; readonly index: number };

/** Decides the place of the cell with this source. Pure: the same cells give the same plan. */
export function planCell(cells: readonly ICellFacts[], source: string, position: InsertPosition): CellPlan {
  const index = findOurCell(cells);
  const ours = cells[index];
  if (ours === undefined) return { kind: 'insert', index: position === 'top' ? 0 : indexBeforeSession(cells) };
  if (ours.source === source) return { kind: 'keep', index };
  return {
    kind: 'update',
    index,
    wasEdited: ours.shippedSource !== undefined && hashOf(ours.source) !== ours.shippedSource
  };
}

/** Index of the cell that an earlier ship wrote, -1 when there is none. */
export function findOurCell(cells: readonly ICellFacts[]): number {
  return cells.findIndex(cell => cell.cellType === 'code' && cell.tags.includes(CELL_TAG));
}

/** Does this source build a SparkSession or SparkContext? Strings, comments and other languages are ignored. */
export function buildsSession(source: string): boolean {
  if (isOtherLanguage(source)) return false;
  const code = codeOnly(source);
  return /\bSparkSession\s*\.\s*builder\b|\.\s*getOrCreate\s*\(|\bSparkContext\s*\(|\bbuilder\s*\.\s*create\s*\(/.test(
    code
  );
}

function indexBeforeSession(cells: readonly ICellFacts[]): number {
  const index = cells.findIndex(cell => cell.cellType === 'code' && buildsSession(cell.source));
  return Math.max(index, 0);
}

/** A cell magic makes the body a program of its own, except the few that run it as Python in this kernel. */
function isOtherLanguage(source: string): boolean {
  const magic = /^\s*%%(\w+)/.exec(source)?.[1];
  return magic !== undefined && !['time', 'timeit', 'capture', 'prun', 'ship_env'].includes(magic);
}
