import { ILabShell, type JupyterFrontEnd, type JupyterFrontEndPlugin } from '@jupyterlab/application';
import { INotebookTracker, type NotebookPanel } from '@jupyterlab/notebook';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { ITranslator, nullTranslator, type TranslationBundle } from '@jupyterlab/translation';
import { ShipEnvClient } from '../client.js';
import { ShipEnvError } from '../errors.js';
import { NotebookKernel } from '../kernel/notebook-kernel.js';
import { PanelNotebook } from '../notebook/notebook.js';
import { sendThrough } from '../request.js';
import { parseSettings, requestFrom } from '../settings.js';
import type { IShipContext, IShipOptions } from '../ship/context.js';
import { readNote } from '../ship/note.js';
import { Ships, type IShipContexts } from '../ship/ships.js';
import { IShips, PLUGIN_ID } from '../tokens.js';

/** Runs the ships. Other plugins show them. */
export const ships: JupyterFrontEndPlugin<IShips> = {
  id: 'jupyterlab-ship-env:ships',
  description: 'Ships the environment of a notebook to a target and writes the cell that uses it.',
  autoStart: true,
  provides: IShips,
  requires: [INotebookTracker, ISettingRegistry],
  optional: [ILabShell, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    tracker: INotebookTracker,
    registry: ISettingRegistry,
    labShell: ILabShell | null,
    translator: ITranslator | null
  ): IShips => {
    const trans = (translator ?? nullTranslator).load('jupyterlab_ship_env');
    const client = new ShipEnvClient(sendThrough(app.serviceManager.serverSettings), trans);
    const service = new Ships(contexts(app, tracker, registry, client, trans));
    // A page of Notebook shows one notebook. A ship of another notebook belongs to that notebook's page.
    const isOurs = (path: string): boolean => labShell !== null || panelOf(tracker, path) !== null;
    void app.restored.then(() => resumeShips(service, client, isOurs)).catch(tellConsole);
    return service;
  }
};

function contexts(
  app: JupyterFrontEnd,
  tracker: INotebookTracker,
  registry: ISettingRegistry,
  client: ShipEnvClient,
  trans: TranslationBundle
): IShipContexts {
  const contextOf = (
    path: string,
    panel: () => NotebookPanel | null,
    kernel: IShipContext['kernel']
  ): IShipContext => ({
    notebook: new PanelNotebook(
      {
        path,
        panel,
        restored: app.restored,
        open: file => app.commands.execute('docmanager:open', { path: file, factory: 'Notebook' }),
        activate: id => app.shell.activateById(id)
      },
      trans
    ),
    kernel,
    client,
    options: () => readOptions(registry, trans),
    trans
  });
  return {
    forPanel: panel => {
      const { path } = panel.context;
      const kernel = new NotebookKernel(panel.sessionContext, trans);
      return contextOf(
        path,
        () => (panel.isDisposed ? panelOf(tracker, path) : panel),
        () => kernel
      );
    },
    forPath: path => {
      const panel = (): NotebookPanel | null => panelOf(tracker, path);
      return contextOf(path, panel, () => {
        const session = panel()?.sessionContext;
        return session === undefined ? null : new NotebookKernel(session, trans);
      });
    }
  };
}

/**
 * Continues ships that nobody follows any more, because this page was reloaded or the page that started them was
 * closed.
 */
async function resumeShips(service: Ships, client: ShipEnvClient, isOurs: (path: string) => boolean): Promise<void> {
  for (const { id, note, followers } of await client.listShips()) {
    const facts = readNote(note);
    if (facts !== null && followers === 0 && isOurs(facts.notebook)) service.resume({ id, ...facts });
  }
}

/** Reports to the console only: the person has not pressed the button yet. The next press shows the full error. */
function tellConsole(error: unknown): void {
  // eslint-disable-next-line no-console -- see above
  console.warn('Ship env to cluster could not ask for running ships.', error);
}

function panelOf(tracker: INotebookTracker, path: string): NotebookPanel | null {
  return tracker.find(panel => panel.context.path === path) ?? null;
}

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
