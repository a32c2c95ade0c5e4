import { homedir } from 'node:os';
import { basename, resolve } from 'node:path';
import type { ShipRequest } from '../contract/ship.js';
import type { Distribution } from '../contract/snapshot.js';
import { ShipEnvError } from '../errors.js';
import { isWithin } from '../system/files/within.js';
import { shellWord } from '../text/shell-word.js';

/** The most names in a message. */
const MAX_NAMED = 10;

/**
 * Stops a ship that contains a file that looks like a secret, or the target of a link out of the environment, unless the
 * person allowed it.
 *
 * @param distributions - the distributions that ship
 * @throws ShipEnvError CODE_SECRET_FOUND, LINK_OUTSIDE
 */
export function refuseSuspects(
  distributions: readonly Pick<Distribution, 'name' | 'version' | 'suspects'>[],
  { allowSecrets, allowLinks }: Pick<ShipRequest, 'allowSecrets' | 'allowLinks'>
): void {
  const allowedNames = new Set(allowSecrets);
  const allowedPlaces = allowLinks.map(path => resolve(path.replace(/^~(?=\/|$)/, homedir())));
  for (const { name, version, suspects } of distributions) {
    const what = `${name} ${version}`;
    const secrets = suspects
      .filter(({ kind, path }) => kind === 'secret' && !allowedNames.has(path) && !allowedNames.has(basename(path)))
      .map(({ path }) => path);
    if (secrets.length > 0) throw secretsIn(what, name, secrets);
    const links = suspects.filter(
      ({ kind, target }) => kind === 'outside-link' && !allowedPlaces.some(place => isWithin(target, place))
    );
    if (links.length > 0) throw linksIn(what, name, links);
  }
}

function secretsIn(what: string, name: string, paths: readonly string[]): ShipEnvError {
  const [noun, verb] = paths.length === 1 ? ['file', 'looks like a secret'] : ['files', 'look like secrets'];
  return new ShipEnvError(
    'CODE_SECRET_FOUND',
    `The distribution ${what} should ship, but ${paths.length} ${noun} in it ${verb}: ${listed(paths)}.`,
    {
      hint:
        `Remove ${paths.length === 1 ? 'it' : 'them'} from the environment, or exclude the distribution: --exclude ${shellWord(name)}. ` +
        `To ship ${paths.length === 1 ? 'it' : 'them'}, allow ${paths.length === 1 ? 'it' : 'them'} by name: --allow-secret ${listed(paths.map(shellWord), ' ')}`
    }
  );
}

function linksIn(what: string, name: string, links: Distribution['suspects']): ShipEnvError {
  const targets = [...new Set(links.map(({ target }) => target))];
  const named = listed(links.map(({ path, target }) => `${path} leads to ${target}`));
  return new ShipEnvError(
    'LINK_OUTSIDE',
    `The distribution ${what} should contain only files of the environment, but links lead out of it: ${named}.`,
    {
      hint:
        `Install the distribution again, or exclude it: --exclude ${shellWord(name)}. To ship the target of a link, allow ` +
        `its path or a folder above: --allow-link ${listed(targets.map(shellWord), ' ')}`
    }
  );
}

function listed(items: readonly string[], separator = ', '): string {
  return items.slice(0, MAX_NAMED).join(separator) + (items.length > MAX_NAMED ? `${separator}…` : '');
}
