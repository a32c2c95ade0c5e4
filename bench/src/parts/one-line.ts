/** Target 4: one line of an editable package was edited. */
import type { Bench } from '../bench.js';
import { Sidecar } from '../contenders/sidecar.js';
import { addEditable, type Editable } from '../environments/editable.js';
import type { MeasuredEnvironment } from '../environments/measured.js';
import { interleaved, median } from '../measuring/figures.js';
import { asBytes, asMs } from '../report/units.js';
import type { Part } from './part.js';

const RUNS = { smoke: 2, default: 7, full: 11 };
/** Bytes for everything except the code archive: the other requests, the pointer file and HTTP headers. */
const ALLOWANCE_BYTES = 64 * 1024;

export const oneLine: Part = {
  name: 'one-line',
  title: 'One line edited',
  async run(bench) {
    for (const environment of bench.environments) {
      const editable = await addEditable(environment.venv);
      try {
        await measure(bench, environment, editable);
      } finally {
        await editable.remove();
      }
    }
  }
};

async function measure(bench: Bench, environment: MeasuredEnvironment, editable: Editable): Promise<void> {
  const part = `one line edited, ${environment.name}`;
  const { prefix, cache } = await bench.firstShip(environment);
  const ship = { python: environment.python, prefix };
  const sidecar = await Sidecar.start(bench, cache);
  await sidecar.ship(ship);
  const sent: number[] = [];
  const archives: number[] = [];
  const samples = await interleaved(RUNS[bench.scale], {
    unchanged: async () => (await sidecar.ship(ship)).ms,
    edited: async () => {
      editable.edit();
      const { ms, sentBytes, result } = await sidecar.ship(ship);
      sent.push(sentBytes);
      archives.push(result.code.reduce((sum, file) => sum + file.bytes, 0));
      return ms;
    }
  });
  await sidecar.stop();
  const { results } = bench;
  results.row(part, 'ship-env, sidecar, nothing changed', 'ms', samples.unchanged);
  results.row(part, 'ship-env, sidecar, one line edited', 'ms', samples.edited);
  results.row(part, 'ship-env, sent', 'bytes', sent);
  results.row(part, 'ship-env, code archive', 'bytes', archives);
  const more = median(samples.edited) - median(samples.unchanged);
  results.judge({ target: 4, what: `${part}: more than nothing changed`, found: more, bound: 100, show: asMs });
  const besides = median(sent) - median(archives);
  const allowed = { found: besides, bound: ALLOWANCE_BYTES, show: asBytes };
  results.judge({ target: 4, what: `${part}: sent besides it`, ...allowed });
}
