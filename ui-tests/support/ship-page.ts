import { expect, type IJupyterLabPageFixture } from '@jupyterlab/galata';
import type { Locator } from '@playwright/test';

/** A cell of a notebook that a test opens. */
export interface Cell {
  readonly type: 'code' | 'markdown';
  readonly source: string;
}

export const code = (source: string): Cell => ({ type: 'code', source });
export const markdown = (source: string): Cell => ({ type: 'markdown', source });

/** The page as a person sees and uses it around the button. */
export class ShipPage {
  constructor(
    private readonly _page: IJupyterLabPageFixture,
    /** Folder of the test in the file browser. */
    private readonly _folder: string
  ) {}

  /** The button of the notebook in front. */
  get button(): Locator {
    return this._page
      .locator('.jp-NotebookPanel:visible .jp-Toolbar-item[data-jp-item-name="ship-env"]')
      .getByRole('button', { name: 'Ship env to cluster' });
  }

  /** The notifications on the screen. */
  get notice(): Locator {
    return this._page.locator('.Toastify__toast');
  }

  /** A button of the notification. */
  action(name: string): Locator {
    return this.notice.getByRole('button', { name, exact: true });
  }

  /** The cell that a ship writes: the one with its tag. */
  get cells(): Promise<string[]> {
    return this._page.evaluate(() => {
      const widget: unknown = window.jupyterapp.shell.currentWidget;
      const panel = widget as { content: { model: { sharedModel: { cells: { getSource(): string }[] } } } };
      return panel.content.model.sharedModel.cells.map(cell => cell.getSource());
    });
  }

  /** Opens a notebook with these cells in JupyterLab and waits for its kernel. */
  async openNotebook(name: string, cells: readonly Cell[], kernel = 'kernel-venv'): Promise<void> {
    const path = await this._upload(name, cells, kernel);
    // The file browser is not used: it opens the folder of the test at an unknown moment, and a click may come before.
    await this._page.evaluate(async opened => {
      await window.jupyterapp.restored;
      await window.jupyterapp.commands.execute('docmanager:open', { path: opened });
    }, path);
    await this.expectKernel('idle');
  }

  /** Opens a notebook with these cells on a page of Notebook 7 and waits for its kernel. */
  async openNotebookPage(name: string, cells: readonly Cell[]): Promise<void> {
    await this._page.goto(`notebooks/${await this._upload(name, cells, 'kernel-venv')}`);
    await this.expectKernel('idle');
  }

  /** Waits until the circle in the toolbar shows this state of the kernel. */
  async expectKernel(status: 'idle' | 'busy'): Promise<void> {
    await expect(
      this._page.locator(`.jp-NotebookPanel:visible .jp-Notebook-ExecutionIndicator[data-status="${status}"]`)
    ).toBeVisible();
  }

  async press(): Promise<void> {
    await this.button.click();
  }

  /** Presses the button and waits for a notification with this text; hides the notification and returns its text. */
  async pressUntil(text: RegExp): Promise<string> {
    await this.press();
    await expect(this.notice).toContainText(text);
    const said = await this.notice.innerText();
    await this.hideNotice();
    return said;
  }

  async hideNotice(): Promise<void> {
    await this.notice.getByTitle('Hide notification').click();
    await expect(this.notice).toHaveCount(0);
  }

  /** Source of the cell that a ship wrote. */
  async shipCell(): Promise<string> {
    const sources = (await this.cells).filter(source => source.startsWith('# Ship env to cluster:'));
    expect(sources).toHaveLength(1);
    return sources[0] ?? '';
  }

  /** Runs a cell and returns what it printed. */
  async run(index: number): Promise<string> {
    expect(await this._page.notebook.runCell(index)).toBe(true);
    const output = await this._page.notebook.getCellTextOutput(index);
    return (output ?? []).join('').trim();
  }

  /** Puts a notebook into the folder of the test. @returns its path */
  private async _upload(name: string, cells: readonly Cell[], kernel: string): Promise<string> {
    const content = {
      nbformat: 4,
      nbformat_minor: 5,
      metadata: { kernelspec: { name: kernel, display_name: kernel, language: kernel === 'echo' ? 'echo' : 'python' } },
      cells: cells.map(({ type, source }, index) => ({
        id: `cell-${index}`,
        cell_type: type,
        source,
        metadata: {},
        ...(type === 'code' ? { outputs: [], execution_count: null } : {})
      }))
    };
    const path = `${this._folder}/${name}`;
    await this._page.contents.uploadContent(JSON.stringify(content), 'text', path);
    return path;
  }
}
