import type { OptionValues } from '../contract/option-lists.js';
import type { Release } from '../contract/release.js';
import { ShipEnvError } from '../errors.js';
import { readSettings, resolveTarget } from '../settings/jupyterlab.js';
import { makeRelease, removeRelease, showRelease } from '../ship/release.js';
import { Cache } from '../system/cache/cache.js';
import { openTarget } from '../targets/index.js';
import type { Line } from './lines.js';
import type { View } from './view.js';

/** `ship-env release`: shows a release, makes one of what was shipped before, or removes one. */
export async function releaseCommand(
  name: string,
  options: OptionValues,
  view: View,
  signal: AbortSignal
): Promise<void> {
  if (options.code !== undefined && options.artifact === undefined) {
    throw new ShipEnvError('USAGE_INVALID', '--code needs --artifact: a release names both.', {
      hint: 'Add --artifact env-….'
    });
  }
  const target = await openTarget(resolveTarget(options.target, await readSettings()));
  try {
    if (options.removeRelease === true) {
      await removeRelease(target, name, { cache: await Cache.open(), signal });
      view.result({ type: 'result', removed: name }, [['strong', 'Removed', ` the release ${name} on ${target.url}.`]]);
      return;
    }
    const release =
      options.artifact === undefined
        ? await showRelease(target, name, signal)
        : await makeRelease(
            target,
            { name, artifact: options.artifact, code: options.code },
            { cache: await Cache.open(), signal }
          );
    view.result({ type: 'result', release }, releaseLines(release));
  } finally {
    target.close();
  }
}

function releaseLines({ name, artifact, code }: Release): Line[] {
  return [
    ['strong', `Release ${name}`],
    `  environment  ${artifact}`,
    ...(code === null ? [] : [`  code         ${code}`])
  ];
}
