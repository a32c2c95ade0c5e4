import type { InsertPosition } from '../../server/src/contract/index.js';
import type { ISharedCell, ISharedNotebook } from '@jupyter/ydoc';
import { hashOf } from './hash.js';
import { CELL_METADATA, CELL_TAG, planCell, type CellPlan, type ICellFacts } from './plan.js';

/** Reads what the plan needs from the notebook's model. */
export function factsOf(notebook: ISharedNotebook): ICellFacts[] {
  return notebook.cells.map(cell => {
    const shippedSource = shippedSourceOf(cell);
    return {
      cellType: cell.cell_type,
      source: cell.getSource(),
      tags: tagsOf(cell),
      isLocked: cell.getMetadata('editable') === false,
      ...(shippedSource === undefined ? {} : { shippedSource })
    };
  });
}

/**
 * Writes the cell into the notebook so that one Undo of the notebook takes it back.
 *
 * Everything happens in one transaction of the notebook, also the change of an existing cell's source: a transaction of
 * the cell alone would be on the undo stack of the cell's editor, which Edit > Undo Cell Operation does not use. An
 * update changes the text and does not replace the cell, so that an Undo does not affect outputs, metadata and the text
 * that the person typed in other cells meanwhile.
 */
export function writeCell(notebook: ISharedNotebook, source: string, position: InsertPosition): CellPlan {
  const plan = planCell(factsOf(notebook), source, position);
  if (plan.kind === 'keep') return plan;
  separateUndoSteps(notebook);
  notebook.transact(() => {
    if (plan.kind === 'insert') {
      notebook.insertCell(plan.index, {
        cell_type: 'code',
        source,
        metadata: { tags: [CELL_TAG], trusted: true, [CELL_METADATA]: { source: hashOf(source) } }
      });
    } else {
      const cell = notebook.getCell(plan.index);
      cell.setSource(source);
      cell.setMetadata(CELL_METADATA, { source: hashOf(source) });
    }
  });
  separateUndoSteps(notebook);
  return plan;
}

/**
 * Yjs joins changes within half a second into one undo step. Without this, one Undo could take back our cell together
 * with what the person did just before or after.
 */
function separateUndoSteps(notebook: ISharedNotebook): void {
  if (isUndoable(notebook)) notebook.undoManager.stopCapturing();
}

/** The interface of a shared notebook leaves its undo manager out; every implementation so far has one. */
function isUndoable(notebook: object): notebook is { undoManager: { stopCapturing(): void } } {
  if (!('undoManager' in notebook)) return false;
  const { undoManager } = notebook;
  return (
    typeof undoManager === 'object' &&
    undoManager !== null &&
    'stopCapturing' in undoManager &&
    typeof undoManager.stopCapturing === 'function'
  );
}

function tagsOf(cell: ISharedCell): string[] {
  const tags: unknown = cell.getMetadata('tags');
  return Array.isArray(tags) ? tags.map(String) : [];
}

function shippedSourceOf(cell: ISharedCell): string | undefined {
  const ours: unknown = cell.getMetadata(CELL_METADATA);
  if (typeof ours !== 'object' || ours === null || !('source' in ours)) return undefined;
  return typeof ours.source === 'string' ? ours.source : undefined;
}
