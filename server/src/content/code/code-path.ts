/**
 * The environment variable that names the folders of unpacked code archives for a python of an unpacked archive, as PYTHONPATH
 * does: `ship-env run` sets it.
 */
export const CODE_PATH = 'SHIP_ENV_CODE_PATH';

/**
 * Environment variable of a driver that runs on a node: the folder with the pointer file and the code archives that Spark
 * brought. As in ship_env_finder.py.
 */
export const DRIVER_FILES = 'SHIP_ENV_DRIVER_FILES';
