import { join } from 'node:path';
import { isReadable } from '../../system/files/readable.js';
import type { FoundMaster } from '../found-master.js';

/** The folders of Hadoop's configuration, in the order in which Spark reads them. */
const FOLDERS = ['HADOOP_CONF_DIR', 'YARN_CONF_DIR'];

/** The master of a machine with a configuration of YARN. */
export async function yarnConfiguredHere(env: NodeJS.ProcessEnv): Promise<FoundMaster | undefined> {
  for (const name of FOLDERS) {
    const folder = env[name];
    if (folder && (await isReadable(join(folder, 'yarn-site.xml')))) {
      return { master: 'yarn', reason: `since ${name} holds yarn-site.xml` };
    }
  }
  return undefined;
}
