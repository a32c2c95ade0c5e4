import prettyBytes from 'pretty-bytes';
import type { OptionValues } from '../contract/option-lists.js';
import { Cache } from '../system/cache/cache.js';
import type { Pruned } from '../contract/targets.js';
import { visible } from '../contract/visible.js';
import { count } from '../text/count.js';
import { readSettings, resolveTarget } from '../settings/jupyterlab.js';
import { prune } from '../inventory/prune.js';
import type { Line } from './lines.js';
import type { View } from './view.js';

/** `ship-env prune`. */
export async function pruneCommand(options: OptionValues, view: View, signal: AbortSignal): Promise<void> {
  const settings = resolveTarget(options.target, await readSettings());
  const { olderThan: olderThanMs = 0, keep = 0, dryRun = false } = options;
  const cache = await Cache.open();
  const pruned = await prune(settings, { olderThanMs, keep, dryRun }, { cache, signal });
  view.result({ type: 'result', ...pruned }, pruneLines(pruned));
}

function pruneLines({ url, dryRun, removed, removedBytes, kept }: Pruned): Line[] {
  const row = ({ name, bytes, modified }: Pruned['removed'][number]): string =>
    `${modified.slice(0, 16).replace('T', ' ')}  ${prettyBytes(bytes).padStart(8)}  ${visible(name)}`;
  const sum = `${count(removed.length, 'object')}, ${prettyBytes(removedBytes)}`;
  const [removing, keeping] = dryRun ? ['would remove', 'would keep  '] : ['removed', 'kept   '];
  return [
    ...kept.map(object => `${keeping}  ${row(object)}: ${object.reason}`),
    ...removed.map((object): Line => ['strong', removing, `  ${row(object)}`]),
    removed.length === 0
      ? `Nothing to remove on ${url}.`
      : ['strong', dryRun ? 'Would remove' : 'Removed', ` ${sum} on ${url}.`]
  ];
}
