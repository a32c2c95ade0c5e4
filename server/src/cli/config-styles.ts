/** What `ship-env config --as` takes; apart from the command, so that the help does not load it. */
export const CONFIG_STYLES = ['builder', 'submit', 'json'] as const;
