import prettyBytes from 'pretty-bytes';
import type { OptionValues } from '../contract/option-lists.js';
import type { ListedRecord, ShipChanges, ShipRecord } from '../contract/ship-record.js';
import { listRecords } from '../inventory/log.js';
import { readSettings, resolveTarget } from '../settings/jupyterlab.js';
import { visible } from '../contract/visible.js';
import { count } from '../text/count.js';
import type { Line } from './lines.js';
import type { View } from './view.js';

/** Digits of a commit that tell it apart for a person. */
const COMMIT_DIGITS = 10;
/** How many changed distributions are named; `--json` has all. */
const MAX_NAMED = 12;

/** `ship-env log`. */
export async function logCommand(options: OptionValues, view: View, signal: AbortSignal): Promise<void> {
  const settings = resolveTarget(options.target, await readSettings());
  const { records, all } = await listRecords(settings, options.limit ?? 0, signal);
  const older = all - records.length;
  view.result({ type: 'result', records, older }, [
    ...(all === 0 ? [`No ship to ${settings.url} has a record yet.`] : records.flatMap(linesOf)),
    ...(older === 0 ? [] : [`${count(older, 'older ship')}: --limit shows more.`])
  ]);
}

function linesOf({ record, problem }: ListedRecord): Line[] {
  if (record === undefined) return [['warn', '!', ` ${problem ?? ''}`]];
  const { at, by, environment, artifact, code, isEphemeral, changes } = record;
  return [
    [
      'strong',
      `${at.slice(0, 16).replace('T', ' ')}  ${by.user}@${by.host}`,
      `  ${environment.name} → ${artifact.id}  Python ${artifact.python}, ` +
        `${count(artifact.distributions, 'distribution')}, ${prettyBytes(artifact.bytes)}` +
        (isEphemeral ? ', for one job' : '')
    ],
    ...changeLines(changes),
    ...code.map(file => codeLine(file, changes))
  ];
}

function changeLines(changes: ShipChanges | undefined): Line[] {
  if (changes === undefined) return [];
  const { added, removed, changed } = changes;
  const told = [
    ...changed.map(({ name, from, to }) => `${name} ${from === to ? `${to} (other files)` : `${from} → ${to}`}`),
    ...added.map(({ name, version }) => `+ ${name} ${version}`),
    ...removed.map(({ name, version }) => `- ${name} ${version}`)
  ];
  const more = told.length - MAX_NAMED;
  const shown = [...told.slice(0, MAX_NAMED), ...(more > 0 ? [`and ${count(more, 'other change')}`] : [])];
  // A line break in a text of a record must not begin a line of its own.
  return shown.map(line => `    ${visible(line)}`);
}

function codeLine({ name, commit, isDirty }: ShipRecord['code'][number], changes: ShipChanges | undefined): Line {
  const where =
    commit === undefined
      ? 'not in a git repository'
      : `commit ${commit.slice(0, COMMIT_DIGITS)}${isDirty === true ? ', with changes that are not committed' : ''}`;
  return `    ${visible(name)}: ${where}${changes !== undefined && !changes.code.includes(name) ? ', as before' : ''}`;
}
