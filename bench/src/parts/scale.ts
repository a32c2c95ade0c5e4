/** What travels when a session starts: docs/scale.md. Full benchmark, or by name. */
import { prepareCluster } from '../first-task/setup.js';
import { measureScale } from '../scale/measure.js';
import type { Part } from './part.js';

export const scale: Part = {
  name: 'scale',
  title: 'What travels to executors',
  async run({ scale: size, results, store }) {
    if (size !== 'full') {
      results.found.leftOut.push('what travels to executors, which --full measures');
      return;
    }
    for (const row of await measureScale(await prepareCluster(process.env), store)) {
      results.found.scale.push(row);
      const { way, session, executors, artifactBytes, driverBytes, storeBytes } = row;
      const part = `travels, ${way}, ${executors} executors, ${session}`;
      results.row(part, 'from the driver', 'bytes', [driverBytes]);
      results.row(part, 'from the store', 'bytes', [storeBytes]);
      results.row(part, 'the artifact', 'bytes', [artifactBytes]);
    }
  }
};
