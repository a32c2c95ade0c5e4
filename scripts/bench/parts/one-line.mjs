/** Target 4: one line of an editable package was edited. */
import { bytes } from '../../lib/terminal.mjs';
import { Sidecar } from '../contenders/sidecar.mjs';
import { addEditable } from '../editable.mjs';
import { interleaved, median } from '../measure.mjs';
import { asMs } from '../results.mjs';

const RUNS = { smoke: 2, default: 7, full: 11 };
/** Requests that look, the pointer file and HTTP's headers; everything but the code archive. */
const ALLOWANCE_BYTES = 64 * 1024;

/** @type {import('./index.mjs').Part} */
export const oneLine = {
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

/**
 * @param {import('../context.mjs').Bench} bench
 * @param {import('../context.mjs').MeasuredEnvironment} environment
 * @param {{edit: () => void}} editable
 */
async function measure(bench, environment, editable) {
  const part = `one line edited, ${environment.name}`;
  const { prefix, cache } = await bench.shipped(environment);
  const ship = { python: environment.python, prefix };
  const sidecar = await Sidecar.start(bench, cache);
  await sidecar.ship(ship);
  const sent = /** @type {number[]} */ ([]);
  const archives = /** @type {number[]} */ ([]);
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
  bench.results.row(part, 'ship-env, sidecar, nothing changed', 'ms', samples.unchanged);
  bench.results.row(part, 'ship-env, sidecar, one line edited', 'ms', samples.edited);
  bench.results.row(part, 'ship-env, sent', 'bytes', sent);
  bench.results.row(part, 'ship-env, code archive', 'bytes', archives);
  const more = median(samples.edited) - median(samples.unchanged);
  bench.results.judge(4, `${part}: more than nothing changed`, more, 100, asMs);
  bench.results.judge(4, `${part}: sent besides it`, median(sent) - median(archives), ALLOWANCE_BYTES, bytes);
}
