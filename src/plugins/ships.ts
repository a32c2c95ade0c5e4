import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import type { NotebookPanel } from '@jupyterlab/notebook';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { ITranslator, nullTranslator, type TranslationBundle } from '@jupyterlab/translation';
import { ShipEnvClient } from '../client.js';
import { ShipEnvError } from '../errors.js';
import { NotebookKernel } from '../kernel/notebook-kernel.js';
import { PanelNotebook } from '../notebook/notebook.js';
import { sendThrough } from '../request.js';
import { parseSettings, requestFrom } from '../settings.js';
import type { IShipOptions } from '../ship/ship.js';
import { Ships } from '../ship/ships.js';
import { IShips, PLUGIN_ID } from '../tokens.js';

/** Runs the ships. Shows nothing: other plugins do. */
export const ships: JupyterFrontEndPlugin<IShips> = {
  id: 'jupyterlab-ship-env:ships',
  description: 'Ships the environment of a notebook to a target and writes the cell that uses it.',
  autoStart: true,
  provides: IShips,
  requires: [ISettingRegistry],
  optional: [ITranslator],
  activate: (app: JupyterFrontEnd, registry: ISettingRegistry, translator: ITranslator | null): IShips => {
    const trans = (translator ?? nullTranslator).load('jupyterlab_ship_env');
    const client = new ShipEnvClient(sendThrough(app.serviceManager.serverSettings), trans);
    return new Ships((panel: NotebookPanel) => ({
      notebook: new PanelNotebook(panel, id => app.shell.activateById(id), trans),
      kernel: new NotebookKernel(panel.sessionContext, trans),
      client,
      options: () => readOptions(registry, trans),
      trans
    }));
  }
};

async function readOptions(registry: ISettingRegistry, trans: TranslationBundle): Promise<IShipOptions> {
  let composite: unknown;
  try {
    composite = (await registry.load(PLUGIN_ID)).composite;
  } catch (error) {
    throw new ShipEnvError('SETTINGS_INVALID', trans.__('The settings of Ship env to cluster do not load.'), {
      hint: trans.__('Correct them in the JSON settings editor.'),
      cause: error
    });
  }
  const settings = parseSettings(composite, trans);
  return { request: requestFrom(settings, trans), insertPosition: settings.insertPosition };
}
