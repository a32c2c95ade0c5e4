import { readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { targetSettings } from '../../../src/contract/target-settings.js';
import { openTarget } from '../../../src/targets/index.js';
import { temporaryFolder } from '../../support/temporary.js';
import { conforms } from '../conformance.js';

conforms('directory', {
  fresh: async () => {
    const folder = await temporaryFolder();
    return {
      open: () => openTarget(targetSettings.parse({ name: '', url: pathToFileURL(folder).href })),
      left: async () => (await readdir(folder)).sort(),
      tamper: async name => {
        const content = await readFile(join(folder, name));
        content.writeUInt8(content.readUInt8(0) ^ 1);
        await writeFile(join(folder, name), content);
      }
    };
  }
});
