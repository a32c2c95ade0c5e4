import type { InsertPosition } from '../../server/src/contract/index.js';
import type { NotebookPanel } from '@jupyterlab/notebook';
import type { TranslationBundle } from '@jupyterlab/translation';
import { ShipEnvError } from '../errors.js';
import type { CellOutcome, INotebook } from '../ship/types.js';
import { findOurCell } from './plan.js';
import { factsOf, writeCell } from './shared.js';

/** How to find and open the notebook of a ship on this page. */
export interface INotebookPlace {
  /** Path of the file in Jupyter's contents API. */
  readonly path: string;
  /** The panel that shows the notebook now; null when it is not open. */
  readonly panel: () => NotebookPanel | null;
  /** Resolves when the page has restored its widgets. */
  readonly restored: Promise<unknown>;
  /** Opens the notebook; resolves when it is open. */
  readonly open: (path: string) => Promise<unknown>;
  /** Brings a widget of the shell to the front. */
  readonly activate: (id: string) => void;
}

/** The notebook that a ship was started from. It stays the same when the person opens another one. */
export class PanelNotebook implements INotebook {
  constructor(
    private readonly _place: INotebookPlace,
    private readonly _trans: TranslationBundle
  ) {
    this.name = _place.path.split('/').pop() ?? '';
  }

  readonly name: string;

  get path(): string {
    return this._place.path;
  }

  assertWritable(): void {
    const panel = this._place.panel();
    const why = panel === null ? null : this._whyReadOnly(panel);
    if (why !== null) throw new ShipEnvError('NOTEBOOK_READ_ONLY', why.message, { hint: why.hint });
  }

  async write(source: string, position: InsertPosition): Promise<CellOutcome> {
    await this._place.restored;
    await this._place.panel()?.context.ready;
    const panel = this._place.panel();
    const model = panel?.content.model ?? null;
    if (panel === null || model === null) return { state: 'notebook-closed' };
    if (this._whyReadOnly(panel) !== null) return { state: 'notebook-read-only' };
    const plan = writeCell(model.sharedModel, source, position);
    if (plan.kind === 'update') return { state: 'updated', wasEdited: plan.wasEdited };
    return { state: plan.kind === 'insert' ? 'inserted' : 'kept' };
  }

  async open(): Promise<void> {
    await this._place.open(this.path);
  }

  async showCell(): Promise<void> {
    const panel = this._place.panel();
    if (panel === null || panel.content.model === null) return;
    this._place.activate(panel.id);
    const index = findOurCell(factsOf(panel.content.model.sharedModel));
    if (index < 0) return;
    panel.content.activeCellIndex = index;
    panel.content.deselectAll();
    await panel.content.scrollToItem(index, 'smart');
  }

  private _whyReadOnly(panel: NotebookPanel): { message: string; hint: string } | null {
    const { model } = panel.content;
    if (model === null) return null;
    const trans = this._trans;
    if (model.readOnly || panel.context.contentsModel?.writable === false) {
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
