import { satisfies, valid } from '@renovatebot/pep440';
import type { Finding } from '../contract/snapshot.js';
import { normalizeName } from '../python/names.js';
import { evaluateMarker, markerEnvironment } from '../python/markers.js';
import { compareText } from '../text/compare.js';
import type { Plannable } from './content.js';

/**
 * Finds what `pip check` would report: requirements that the environment does not meet. The environment ships anyway, but the
 * person should know. Extras are not checked, because nothing records which of them were asked for.
 *
 * @param staysHome - whether a normalized name stays home; then its requirements, and requirements of it, are not checked
 */
export function missingDependencies(snapshot: Plannable, staysHome: (normalizedName: string) => boolean): Finding[] {
  const environment = markerEnvironment(snapshot.interpreter);
  const present = [...snapshot.distributions, ...snapshot.editables];
  const versions = new Map(present.map(({ normalizedName, version }) => [normalizedName, version]));
  const findings: Finding[] = [];
  for (const { name, normalizedName, requires } of present) {
    if (staysHome(normalizedName)) continue;
    for (const text of requires) {
      const requirement = parseRequirement(text);
      // A requirement with an unknown marker is not reported.
      if (requirement === undefined || evaluateMarker(requirement.marker, environment) !== true) continue;
      const problem = problemOf(requirement, versions.get(requirement.normalizedName));
      if (problem === undefined || staysHome(requirement.normalizedName)) continue;
      findings.push({
        kind: 'missing-dependency',
        subject: name,
        message: `${name} requires ${requirement.text}, ${problem}.`
      });
    }
  }
  return findings.sort((a, b) => compareText(a.message, b.message));
}

interface Requirement {
  readonly normalizedName: string;
  /** Version specifier; empty when any version is allowed. */
  readonly specifier: string;
  readonly marker: string;
  /** The requirement without its marker, for the person. */
  readonly text: string;
}

/** Parses a `Requires-Dist` line (PEP 508, and PEP 345 with parentheses); undefined when it is invalid. */
export function parseRequirement(line: string): Requirement | undefined {
  const [requirement = '', ...marker] = line.split(';');
  const match = /^\s*([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*(?:\[[^\]]*\])?\s*\(?([^()@]*)\)?\s*(?:@.*)?$/.exec(
    requirement
  );
  if (match === null) return undefined;
  const [, name = '', specifier = ''] = match;
  return {
    normalizedName: normalizeName(name),
    specifier: specifier.trim(),
    marker: marker.join(';').trim(),
    text: requirement.trim()
  };
}

function problemOf({ specifier }: Requirement, version: string | undefined): string | undefined {
  if (version === undefined) return 'which is not installed';
  if (specifier === '' || valid(version) === null) return undefined;
  return satisfies(version, specifier, { prereleases: true }) ? undefined : `but ${version} is installed`;
}
