import type { ShipRequest } from '../contract/ship.js';
import type { FormatName } from '../contract/manifest.js';
import { ShipEnvError } from '../errors.js';
import { archiveFormat } from './archive/format.js';
import type { Format } from './format.js';
import { pexFormat } from './pex/format.js';

type RequestedFormat = Pick<ShipRequest, 'format' | 'includeInterpreter'>;

/** All formats; the first is the default. */
export const FORMATS: readonly Format[] = [pexFormat, archiveFormat];

/** @throws ShipEnvError FORMAT_UNKNOWN when there is no format of this name */
export function formatOf(name: string): Format {
  const format = FORMATS.find(candidate => candidate.name === name);
  if (format !== undefined) return format;
  throw new ShipEnvError('FORMAT_UNKNOWN', `There is no artifact format “${name}”.`, {
    hint: `Use one of: ${FORMATS.map(candidate => candidate.name).join(', ')}.`
  });
}

/** The format that gives its files such a name: `env.tar.gz`. Undefined when none does. */
export function formatByName(fileName: string): Format | undefined {
  return FORMATS.find(format => fileName.endsWith(format.fileName('')));
}

/**
 * The format that a ship asks for.
 *
 * @throws ShipEnvError FORMAT_UNKNOWN; FORMAT_UNSUITED when the interpreter was to be inside, and the format has no room for it
 */
export function requestedFormat({ format: name, includeInterpreter }: RequestedFormat): Format {
  const format = formatOf(name);
  if (!includeInterpreter || format.canHoldInterpreter) return format;
  const others = FORMATS.filter(({ canHoldInterpreter }) => canHoldInterpreter).map(other => `--format ${other.name}`);
  throw new ShipEnvError(
    'FORMAT_UNSUITED',
    `The interpreter was to go into the artifact (--include-interpreter); the format ${name} has no room for it.`,
    { hint: `Ship with ${others.join(' or ')}, or leave out --include-interpreter.` }
  );
}

/** File name of an artifact. */
export function artifactName(format: FormatName, id: string): string {
  return formatOf(format).fileName(id);
}

/** Whether this is the file name of the artifact with this id in any format. */
export function isArtifactName(name: string, id: string): boolean {
  return FORMATS.some(format => format.fileName(id) === name);
}
