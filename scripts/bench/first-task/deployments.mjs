/** Where the first task is measured. */
import { startStandalone } from './standalone.mjs';
import { startYarn } from './yarn.mjs';

/**
 * @typedef {object} Cluster
 * @property {string} master
 * @property {Readonly<Record<string, string>>} conf Spark properties of every application on it
 * @property {NodeJS.ProcessEnv} [env] besides the setting's, for applications
 * @property {(file: string) => Promise<string>} [publish] puts a file on the deployment's own file system and answers
 *   with its URI
 * @property {() => Promise<import('./node.mjs').Server>} freshNode
 * @property {() => Promise<void>} stop
 */

/** @type {Readonly<Record<string, (setting: import('./setting.mjs').Setting) => Promise<Cluster>>>} */
export const DEPLOYMENTS = { standalone: startStandalone, yarn: startYarn };
