/** What crosses a wire or a process, defined once. It is the only code that the browser half and the Node half share. */
export * from './current.js';
export * from './declaration.js';
export * from './errors.js';
export * from './finding-text.js';
export * from './issues.js';
export * from './manifest.js';
export * from './option-lists.js';
export * from './options.js';
export * from './pointer-name.js';
export * from './probe.js';
export * from './routes.js';
export * from './settings.js';
export * from './ship.js';
export * from './snapshot.js';
export * from './target-settings.js';
export * from './targets.js';
export * from './visible.js';
