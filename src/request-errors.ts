import type { TranslationBundle } from '@jupyterlab/translation';
import { errorObject } from '../server/src/contract/index.js';
import { ShipEnvError } from './errors.js';

/** Makes the errors of requests to the sidecar, in the person's language. */
export class RequestErrors {
  constructor(private readonly _trans: TranslationBundle) {}

  /**
   * The error behind a refused request. The sidecar answers with an error object; the Jupyter server or a proxy may
   * answer with anything.
   *
   * @returns the sidecar's error, AUTH_REFUSED or SIDECAR_UNAVAILABLE
   */
  async refused(response: Response): Promise<ShipEnvError> {
    const text = await response.text().catch(() => '');
    const object = errorObjectFrom(text);
    if (object !== undefined) return ShipEnvError.from(object);
    const answer = `${response.status} ${response.statusText}`.trim();
    if (response.status === 401 || response.status === 403) {
      return new ShipEnvError(
        'AUTH_REFUSED',
        this._trans.__('The Jupyter server did not accept the request (%1).', answer),
        { hint: this._trans.__('Reload the page and log in again.') }
      );
    }
    if (response.status === 404) {
      return new ShipEnvError(
        'SIDECAR_UNAVAILABLE',
        this._trans.__('The Jupyter server does not know ship-env (404).'),
        {
          hint: this._trans.__(
            'Install jupyterlab-ship-env where the Jupyter server runs, check that "jupyter server extension list" shows it enabled, and restart the server.'
          )
        }
      );
    }
    return new ShipEnvError(
      'SIDECAR_UNAVAILABLE',
      this._trans.__('The Jupyter server answered %1 instead of the sidecar.', answer),
      {
        hint: this._trans.__('See the log of the Jupyter server, then try again.'),
        cause: text.slice(0, 500) || undefined
      }
    );
  }

  /** No answer came, or the stream broke. @returns SIDECAR_UNAVAILABLE */
  unavailable(cause: unknown): ShipEnvError {
    return new ShipEnvError(
      'SIDECAR_UNAVAILABLE',
      this._trans.__('The connection to the Jupyter server broke off or could not be made.'),
      { hint: this._trans.__('Check that the Jupyter server is running, then try again.'), cause }
    );
  }

  /** The sidecar does not know the ship that it started. @returns SIDECAR_UNAVAILABLE */
  lost(cause: ShipEnvError): ShipEnvError {
    return new ShipEnvError(
      'SIDECAR_UNAVAILABLE',
      this._trans.__('The sidecar was restarted during the ship and does not know it any more.'),
      {
        hint: this._trans.__(
          'Ship again: segments that were built and files that were uploaded completely are used again.'
        ),
        cause
      }
    );
  }

  /** The answer does not match the contract. @returns INTERNAL */
  unexpected(cause: unknown): ShipEnvError {
    return new ShipEnvError('INTERNAL', this._trans.__('This page does not understand the answer of the sidecar.'), {
      hint: this._trans.__(
        'After an upgrade, restart the Jupyter server and reload this page. If that does not help, please report a bug.'
      ),
      cause
    });
  }
}

function errorObjectFrom(text: string): ReturnType<typeof errorObject.parse> | undefined {
  try {
    return errorObject.safeParse(JSON.parse(text)).data;
  } catch {
    // The text is not JSON: it is a page of the Jupyter server or of a proxy.
    return undefined;
  }
}
