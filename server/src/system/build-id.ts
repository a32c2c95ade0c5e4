/** The bundler sets this to a digest of all sources of the bundle. */
declare const SHIP_ENV_BUILD: string | undefined;

/** Names the code that computed a cached result, because other code may compute a different result. */
export const BUILD_ID = typeof SHIP_ENV_BUILD === 'string' ? SHIP_ENV_BUILD : 'source';
