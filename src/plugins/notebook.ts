import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { Clipboard, ICommandPalette, IToolbarWidgetRegistry } from '@jupyterlab/apputils';
import { INotebookTracker, type NotebookPanel } from '@jupyterlab/notebook';
import { ITranslator, nullTranslator, type TranslationBundle } from '@jupyterlab/translation';
import { shipIcon, shippingIcon } from '../icons.js';
import type { IShip } from '../ship/types.js';
import { CommandIDs, IShips, PLUGIN_ID } from '../tokens.js';
import { ShipNotifier } from '../views/notifier.js';
import { ShipButton } from '../views/ship-button.js';

/** Commands, toolbar button and notifications of the notebook. Owns the settings. */
export const notebook: JupyterFrontEndPlugin<void> = {
  id: PLUGIN_ID,
  description: 'Adds "Ship env to cluster" to the notebook toolbar and the command palette.',
  autoStart: true,
  requires: [INotebookTracker, IShips],
  optional: [IToolbarWidgetRegistry, ICommandPalette, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    tracker: INotebookTracker,
    ships: IShips,
    toolbar: IToolbarWidgetRegistry | null,
    palette: ICommandPalette | null,
    translator: ITranslator | null
  ): void => {
    const trans = (translator ?? nullTranslator).load('jupyterlab_ship_env');
    const notifier = new ShipNotifier(ships, noticeHandlers(app), trans);
    const ship = (panel: NotebookPanel): void => {
      const former = ships.find(panel);
      if (former?.isRunning === true) notifier.focus(former);
      else ships.start(panel);
    };
    addCommands(app, tracker, ships, ship, trans);
    // Each notebook has its own button, which ships that notebook and shows its state, also when two notebooks are side
    // by side.
    toolbar?.addFactory<NotebookPanel>(
      'Notebook',
      'ship-env',
      panel => new ShipButton(ships, panel, () => ship(panel), trans)
    );
    for (const command of [CommandIDs.ship, CommandIDs.cancel]) {
      palette?.addItem({ command, category: trans.__('Notebook Operations') });
    }
  }
};

function addCommands(
  app: JupyterFrontEnd,
  tracker: INotebookTracker,
  ships: IShips,
  ship: (panel: NotebookPanel) => void,
  trans: TranslationBundle
): void {
  const { commands } = app;
  const describedBy = { args: { type: 'object', properties: {}, additionalProperties: false } };
  const current = (): IShip | null => (tracker.currentWidget === null ? null : ships.find(tracker.currentWidget));
  const isShipping = (): boolean => current()?.isRunning === true;
  commands.addCommand(CommandIDs.ship, {
    label: trans.__('Ship Env to Cluster'),
    caption: trans.__("Ship the environment of this notebook's kernel and write the cell that uses it on the cluster"),
    icon: () => (isShipping() ? shippingIcon : shipIcon),
    describedBy,
    isEnabled: () => tracker.currentWidget !== null,
    execute: () => {
      if (tracker.currentWidget !== null) ship(tracker.currentWidget);
    }
  });
  commands.addCommand(CommandIDs.cancel, {
    label: trans.__('Cancel the Ship of This Notebook'),
    describedBy,
    isEnabled: isShipping,
    execute: () => current()?.cancel()
  });
  ships.changed.connect(() => {
    commands.notifyCommandChanged(CommandIDs.ship);
    commands.notifyCommandChanged(CommandIDs.cancel);
  });
}

function noticeHandlers(app: JupyterFrontEnd): ConstructorParameters<typeof ShipNotifier>[1] {
  return {
    showDetails: ship => void app.commands.execute(CommandIDs.showDetails, { id: ship.id }),
    openSettings: () => void app.commands.execute(CommandIDs.openSettings),
    copyCell: ship => Clipboard.copyToSystem(ship.outcome?.result.cell ?? '')
  };
}
