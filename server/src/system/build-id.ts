/** Set by the bundler: a digest of all that the bundle is made of. */
declare const SHIP_ENV_BUILD: string | undefined;

/** What computed results are kept under, since other code may compute others. */
export const BUILD_ID = typeof SHIP_ENV_BUILD === 'string' ? SHIP_ENV_BUILD : 'source';
