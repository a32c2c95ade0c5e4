/** JupyterLab plugins of Ship env to cluster. */
import { details } from './plugins/details.js';
import { ships } from './plugins/ships.js';
import { notebook } from './plugins/notebook.js';
import { targetForm } from './plugins/target-form.js';

export default [ships, notebook, details, targetForm];
