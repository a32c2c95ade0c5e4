import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { IFormRendererRegistry } from '@jupyterlab/ui-components';
import { ShipEnvClient } from '../client.js';
import { sendThrough } from '../request.js';
import { PLUGIN_ID } from '../tokens.js';
import { targetsField } from '../views/targets-field.js';
import { emptyableTextField } from '../views/text-field.js';

/** The fields of the settings panel that need more than their schema. */
export const settingsForm: JupyterFrontEndPlugin<void> = {
  id: 'jupyterlab-ship-env:settings-form',
  description:
    'Adds a "Test connection" button to each target in the settings panel, and lets the Spark master be empty.',
  autoStart: true,
  requires: [IFormRendererRegistry],
  optional: [ITranslator],
  activate: (app: JupyterFrontEnd, forms: IFormRendererRegistry, translator: ITranslator | null): void => {
    const trans = (translator ?? nullTranslator).load('jupyterlab_ship_env');
    const client = new ShipEnvClient(sendThrough(app.serviceManager.serverSettings), trans);
    forms.addRenderer(`${PLUGIN_ID}.targets`, {
      fieldRenderer: targetsField((target, signal) => client.checkTarget(target, signal), trans)
    });
    forms.addRenderer(`${PLUGIN_ID}.master`, {
      fieldRenderer: emptyableTextField(trans.__('Empty: the cell leaves the master out'))
    });
  }
};
