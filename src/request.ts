import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';
import type { Send } from './client.js';

/** Sends to the routes of the sidecar, which the Jupyter server serves under `<base_url>ship-env/`. */
export function sendThrough(settings: ServerConnection.ISettings): Send {
  return (path, init) => ServerConnection.makeRequest(URLExt.join(settings.baseUrl, 'ship-env', path), init, settings);
}
