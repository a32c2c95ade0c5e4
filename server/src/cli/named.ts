import type { OptionName, OptionValues } from '../contract/option-lists.js';
import { ShipEnvError } from '../errors.js';
import type { NamedShip } from '../ship/shipped.js';

/** Options that choose an environment of this machine, or objects by their names. A release chooses all of that. */
const OTHERS: Partial<Record<OptionName, string>> = {
  artifact: '--artifact',
  code: '--code',
  python: '--python',
  format: '--format',
  excludes: '--exclude',
  includeSpark: '--include-spark',
  includeInterpreter: '--include-interpreter'
};

/**
 * What `run` and `submit` are to use of a target, by name; undefined for the environment of this machine.
 *
 * @throws ShipEnvError USAGE_INVALID
 */
export function namedBy(options: OptionValues): NamedShip | undefined {
  const { artifact, code, release } = options;
  if (release !== undefined) {
    const others = (Object.entries(OTHERS) as [OptionName, string][]).flatMap(([name, flag]) =>
      options[name] === undefined ? [] : [flag]
    );
    if (others.length === 0) return { release };
    throw new ShipEnvError(
      'USAGE_INVALID',
      `--release says what runs; ${others.join(', ')} ${others.length === 1 ? 'says' : 'say'} it, too.`,
      { hint: `Leave out ${others.join(', ')}, or leave out --release.` }
    );
  }
  if (artifact !== undefined) return { artifact, code };
  if (code === undefined) return undefined;
  throw new ShipEnvError('USAGE_INVALID', '--code needs --artifact: it names the code that belongs to an artifact.', {
    hint: 'Add --artifact env-….'
  });
}
