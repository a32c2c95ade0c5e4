/** JupyterLab plugins of Ship env to cluster. */
import { details } from './plugins/details.js';
import { ships } from './plugins/ships.js';
import { notebook } from './plugins/notebook.js';
import { settings } from './plugins/settings.js';
import { settingsForm } from './plugins/settings-form.js';

export default [ships, notebook, details, settings, settingsForm];
