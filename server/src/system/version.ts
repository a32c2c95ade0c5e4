/** The bundler sets this to the version in package.json. */
declare const SHIP_ENV_VERSION: string | undefined;

/** The version of this release; `source` when the sources run without a bundle, as in tests. */
export const VERSION = typeof SHIP_ENV_VERSION === 'string' ? SHIP_ENV_VERSION : 'source';
