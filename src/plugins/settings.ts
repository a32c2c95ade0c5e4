import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { PageConfig, URLExt } from '@jupyterlab/coreutils';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { CommandIDs } from '../tokens.js';

/** The command of JupyterLab's settings editor. */
const EDITOR = 'settingeditor:open';
/** The parameter in the address of Notebook's file page that opens our settings there. */
const PARAMETER = 'ship-env';
const OPEN_SETTINGS = 'settings';

/** Opens our settings in JupyterLab and in Notebook. */
export const settings: JupyterFrontEndPlugin<void> = {
  id: 'jupyterlab-ship-env:settings',
  description: 'Opens the settings of Ship env to cluster, in JupyterLab and in Notebook.',
  autoStart: true,
  optional: [ICommandPalette, ITranslator],
  activate: (app: JupyterFrontEnd, palette: ICommandPalette | null, translator: ITranslator | null): void => {
    const trans = (translator ?? nullTranslator).load('jupyterlab_ship_env');
    const { commands } = app;
    const openEditor = (): Promise<unknown> => commands.execute(EDITOR, { query: 'Ship env to cluster' });
    commands.addCommand(CommandIDs.openSettings, {
      label: trans.__('Ship Env to Cluster: Settings'),
      describedBy: { args: { type: 'object', properties: {}, additionalProperties: false } },
      isEnabled: () => commands.hasCommand(EDITOR) || isNotebook(),
      execute: () => {
        if (commands.hasCommand(EDITOR)) return openEditor();
        // Notebook has its settings editor only on the file page.
        return window.open(filesPage(app.serviceManager.serverSettings.baseUrl), '_blank');
      }
    });
    palette?.addItem({ command: CommandIDs.openSettings, category: trans.__('Notebook Operations') });
    if (isAskedFor()) {
      void app.restored.then(() => {
        // Removes the parameter, so that a reload of the page does not open the settings again.
        window.history.replaceState(null, '', window.location.pathname);
        if (commands.hasCommand(EDITOR)) void openEditor();
      });
    }
  }
};

/** Is this page one of Notebook's? */
function isNotebook(): boolean {
  return PageConfig.getOption('notebookPage') !== '';
}

function filesPage(baseUrl: string): string {
  return `${URLExt.join(baseUrl, 'tree')}?${PARAMETER}=${OPEN_SETTINGS}`;
}

function isAskedFor(): boolean {
  return isNotebook() && new URLSearchParams(window.location.search).get(PARAMETER) === OPEN_SETTINGS;
}
