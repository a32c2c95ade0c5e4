import { YNotebook } from '@jupyter/ydoc';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { writeCell } from '../../notebook/shared.js';

const code = (source: string): { cell_type: 'code'; source: string; metadata: Record<string, never> } => ({
  cell_type: 'code',
  source,
  metadata: {}
});

// @jupyter/ydoc fills a cell before it adds the cell to the document, and Yjs warns of each read: hundreds of lines,
// here and in JupyterLab's console. These warnings are hidden; all others are shown.
beforeAll(() => {
  // eslint-disable-next-line no-console -- Yjs writes its warnings to it
  const show = console.warn.bind(console);
  const depth = Error.stackTraceLimit;
  Error.stackTraceLimit = 30;
  const spy = vi.spyOn(console, 'warn').mockImplementation((...texts) => {
    if (new Error().stack?.includes('at createCell ') !== true) show(...texts);
  });
  return () => {
    spy.mockRestore();
    Error.stackTraceLimit = depth;
  };
});

function sourcesOf(notebook: YNotebook): string[] {
  return notebook.cells.map(cell => cell.getSource());
}

// JupyterLab's default, and its setting "documentWideUndoRedo": with both, one Undo must take a ship back.
describe.each([
  { name: 'each cell has an undo stack of its own', disableDocumentWideUndoRedo: true },
  { name: 'the notebook has one undo stack', disableDocumentWideUndoRedo: false }
])('when $name', ({ disableDocumentWideUndoRedo }) => {
  const open = (...sources: string[]): YNotebook => {
    const notebook = YNotebook.create({ disableDocumentWideUndoRedo, data: { cells: sources.map(code) } });
    notebook.clearUndoHistory();
    return notebook;
  };

  it('one Undo takes the inserted cell back and nothing else', () => {
    const notebook = open('a', 'builder.getOrCreate()');
    notebook.insertCell(0, code('mine'));
    expect(writeCell(notebook, 'ours', 'before-session')).toEqual({ kind: 'insert', index: 2 });
    expect(sourcesOf(notebook)).toEqual(['mine', 'a', 'ours', 'builder.getOrCreate()']);
    notebook.undo();
    expect(sourcesOf(notebook)).toEqual(['mine', 'a', 'builder.getOrCreate()']);
  });

  it('one Undo takes the update back and nothing else', () => {
    const notebook = open('a');
    writeCell(notebook, 'first', 'top');
    writeCell(notebook, 'second, longer', 'top');
    notebook.insertCell(2, code('mine'));
    notebook.undo();
    expect(sourcesOf(notebook)).toEqual(['second, longer', 'a']);
    notebook.undo();
    expect(sourcesOf(notebook)).toEqual(['first', 'a']);
    notebook.undo();
    expect(sourcesOf(notebook)).toEqual(['a']);
  });

  it('one Undo restores the edits of the person that an update replaced', () => {
    const notebook = open();
    writeCell(notebook, 'first', 'top');
    notebook.getCell(0).setSource('first, edited');
    expect(writeCell(notebook, 'second', 'top')).toMatchObject({ kind: 'update', wasEdited: true });
    notebook.undo();
    expect(sourcesOf(notebook)).toEqual(['first, edited']);
  });

  it('does not touch a cell that holds this source already', () => {
    const notebook = open();
    writeCell(notebook, 'same', 'top');
    notebook.clearUndoHistory();
    expect(writeCell(notebook, 'same', 'top')).toEqual({ kind: 'keep', index: 0 });
    expect(notebook.canUndo()).toBe(false);
  });

  it('keeps the tags and the metadata that the person gave the cell', () => {
    const notebook = open();
    writeCell(notebook, 'first', 'top');
    notebook.getCell(0).setMetadata('tags', ['ship-env', 'hide-input']);
    writeCell(notebook, 'second', 'top');
    expect(notebook.getCell(0).getMetadata('tags')).toEqual(['ship-env', 'hide-input']);
  });
});
