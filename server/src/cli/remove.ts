import prettyBytes from 'pretty-bytes';
import type { OptionValues } from '../contract/option-lists.js';
import type { Removed } from '../contract/targets.js';
import { remove } from '../inventory/remove.js';
import { readSettings, resolveTarget } from '../settings/jupyterlab.js';
import { Cache } from '../system/cache/cache.js';
import { count } from '../text/count.js';
import type { Line } from './lines.js';
import type { View } from './view.js';

/** `ship-env remove`. */
export async function removeCommand(
  options: OptionValues,
  names: readonly string[],
  view: View,
  signal: AbortSignal
): Promise<void> {
  const settings = resolveTarget(options.target, await readSettings());
  const { force = false, dryRun = false } = options;
  const removed = await remove(settings, { names, force, dryRun }, { cache: await Cache.open(), signal });
  view.result({ type: 'result', ...removed }, linesOf(removed));
}

function linesOf({ url, dryRun, removed, removedBytes }: Removed): Line[] {
  const sum = ` ${count(removed.length, 'object')}, ${prettyBytes(removedBytes)} on ${url}.`;
  return [
    ...removed.map(({ name, bytes }): Line => [
      'strong',
      dryRun ? 'would remove' : 'removed',
      `  ${prettyBytes(bytes).padStart(8)}  ${name}`
    ]),
    ['strong', dryRun ? 'Would remove' : 'Removed', sum]
  ];
}
