import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Saves the settings of the person with this home, as the settings panel does. */
export async function saveSettings(home: string, text: string): Promise<void> {
  const folder = join(home, '.jupyter', 'lab', 'user-settings', 'jupyterlab-ship-env');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'plugin.jupyterlab-settings'), text);
}
