import { ILabShell, type JupyterFrontEnd, type JupyterFrontEndPlugin } from '@jupyterlab/application';
import { Clipboard, ICommandPalette, MainAreaWidget } from '@jupyterlab/apputils';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { shipIcon } from '../icons.js';
import { CommandIDs, IShips } from '../tokens.js';
import type { ShipDetailsView } from '../views/ship-details-view.js';

/** A panel with steps, findings and log of a ship. */
export const details: JupyterFrontEndPlugin<void> = {
  id: 'jupyterlab-ship-env:details',
  description: 'Shows the steps, the findings and the log of a ship.',
  autoStart: true,
  requires: [IShips],
  optional: [ILabShell, ICommandPalette, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    ships: IShips,
    labShell: ILabShell | null,
    palette: ICommandPalette | null,
    translator: ITranslator | null
  ): void => {
    const trans = (translator ?? nullTranslator).load('jupyterlab_ship_env');
    let panel: Promise<MainAreaWidget<ShipDetailsView>> | null = null;
    const open = async (): Promise<MainAreaWidget<ShipDetailsView>> => {
      const view = await import('../views/ship-details-view.js');
      const content = new view.ShipDetailsView(ships, text => Clipboard.copyToSystem(text), trans);
      const opened = new MainAreaWidget({ content });
      opened.id = 'jp-ship-env-details';
      opened.title.label = trans.__('Ship env');
      opened.title.icon = shipIcon;
      opened.title.closable = true;
      // Notebook's main area holds one widget, its document; it drops a second one silently.
      if (labShell === null) {
        opened.addClass('jp-ShipEnv-detailsBelow');
        app.shell.add(opened, 'down');
      } else {
        labShell.add(opened, 'main', { mode: 'split-bottom' });
      }
      return opened;
    };
    app.commands.addCommand(CommandIDs.showDetails, {
      label: trans.__('Show Steps and Log of the Latest Ship'),
      describedBy: {
        args: {
          type: 'object',
          properties: { id: { type: 'string', description: 'Id of the ship; the latest ship by default.' } },
          additionalProperties: false
        }
      },
      execute: async args => {
        // The promise is kept before it is awaited, so that two calls at once open one panel.
        if (panel === null || (await panel).isDisposed) panel = open();
        const opened = await panel;
        opened.content.showShip(typeof args['id'] === 'string' ? args['id'] : null);
        app.shell.activateById(opened.id);
      }
    });
    palette?.addItem({ command: CommandIDs.showDetails, category: trans.__('Notebook Operations') });
  }
};
