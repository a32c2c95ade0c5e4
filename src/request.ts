import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';
import type { Send } from './client.js';

/**
 * Makes the function that sends requests to the sidecar, whose routes the Jupyter server serves under
 * `<base_url>ship-env/`.
 */
export function sendThrough(settings: ServerConnection.ISettings): Send {
  return (path, init) => ServerConnection.makeRequest(URLExt.join(settings.baseUrl, 'ship-env', path), init, settings);
}
