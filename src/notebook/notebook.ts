import type { NotebookPanel } from '@jupyterlab/notebook';
import type { TranslationBundle } from '@jupyterlab/translation';
import { ShipEnvError } from '../errors.js';
import type { InsertPosition } from '../settings.js';
import type { CellOutcome, INotebook } from '../ship/types.js';
import { findOurCell } from './plan.js';
import { factsOf, writeCell } from './shared.js';

/** The notebook of a panel. It stays the same one whatever the person opens meanwhile. */
export class PanelNotebook implements INotebook {
  constructor(
    private readonly _panel: NotebookPanel,
    /** Brings a widget of the shell to the front. */
    private readonly _activate: (id: string) => void,
    private readonly _trans: TranslationBundle
  ) {
    this.name = _panel.context.localPath.split('/').pop() ?? '';
  }

  readonly name: string;

  assertWritable(): void {
    const why = this._whyReadOnly();
    if (why !== null) throw new ShipEnvError('NOTEBOOK_READ_ONLY', why.message, { hint: why.hint });
  }

  write(source: string, position: InsertPosition): CellOutcome {
    const model = this._panel.isDisposed ? null : this._panel.content.model;
    if (model === null) return { state: 'notebook-closed' };
    if (this._whyReadOnly() !== null) return { state: 'notebook-read-only' };
    const plan = writeCell(model.sharedModel, source, position);
    if (plan.kind === 'update') return { state: 'updated', wasEdited: plan.wasEdited };
    return { state: plan.kind === 'insert' ? 'inserted' : 'kept' };
  }

  async showCell(): Promise<void> {
    if (this._panel.isDisposed || this._panel.content.model === null) return;
    this._activate(this._panel.id);
    const index = findOurCell(factsOf(this._panel.content.model.sharedModel));
    if (index < 0) return;
    this._panel.content.activeCellIndex = index;
    this._panel.content.deselectAll();
    await this._panel.content.scrollToItem(index, 'smart');
  }

  private _whyReadOnly(): { message: string; hint: string } | null {
    const { model } = this._panel.content;
    if (model === null) return null;
    const trans = this._trans;
    if (model.readOnly || this._panel.context.contentsModel?.writable === false) {
      return {
        message: trans.__('The ship writes a cell, and %1 is read-only.', this.name),
        hint: trans.__('Save a copy of the notebook (File > Save Notebook As…) and ship from there.')
      };
    }
    const cells = factsOf(model.sharedModel);
    if (cells[findOurCell(cells)]?.isLocked === true) {
      return {
        message: trans.__('The ship updates its cell in %1, and that cell is locked.', this.name),
        hint: trans.__('Make the cell editable in the property inspector, or delete it.')
      };
    }
    return null;
  }
}
