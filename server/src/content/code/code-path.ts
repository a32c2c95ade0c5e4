/**
 * The environment variable that names the folders of unpacked code archives for a python of an unpacked archive, as PYTHONPATH
 * does: `ship-env run` sets it.
 */
export const CODE_PATH = 'SHIP_ENV_CODE_PATH';
