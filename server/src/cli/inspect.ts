import prettyBytes from 'pretty-bytes';
import type { OptionValues } from '../contract/option-lists.js';
import { Cache } from '../system/cache/cache.js';
import type { ListedRelease } from '../contract/release.js';
import type { ListedArtifact } from '../contract/targets.js';
import type { Distribution, Snapshot } from '../contract/snapshot.js';
import { count } from '../text/count.js';
import { readSettings, resolveTarget } from '../settings/jupyterlab.js';
import { checkTarget } from '../inventory/check.js';
import { listTarget } from '../inventory/list.js';
import { takeSnapshot } from '../environment/index.js';
import { activePython } from './request.js';
import { findingLines, type Line } from './lines.js';
import type { View } from './view.js';

/** `ship-env snapshot`. */
export async function snapshotCommand(options: OptionValues, view: View, signal: AbortSignal): Promise<void> {
  const python = options.python ?? activePython(process.env);
  const snapshot = await takeSnapshot({ python, cache: await Cache.open(), signal });
  view.result({ type: 'result', ...snapshot }, snapshotLines(snapshot));
}

/** `ship-env list`. */
export async function listCommand(options: OptionValues, view: View, signal: AbortSignal): Promise<void> {
  const settings = resolveTarget(options.target, await readSettings());
  const { artifacts, releases } = await listTarget(settings, signal);
  const width = Math.max(0, ...artifacts.map(({ format }) => format.length));
  const rows = [...releases.flatMap(releaseLines), ...artifacts.flatMap(row => artifactLines(row, width))];
  view.result({ type: 'result', artifacts, releases }, rows.length === 0 ? [`Nothing on ${settings.url} yet.`] : rows);
}

function artifactLines(row: ListedArtifact, formatWidth: number): Line[] {
  const { id, modified, format, python, distributions, bytes, problem, hint } = row;
  if (problem !== undefined) {
    return [['warn', `${id}  ${problem}`], ...(hint ? [`${' '.repeat(id.length)}  ${hint}`] : [])];
  }
  return [
    `${id}  ${modified.slice(0, 16).replace('T', ' ')}  ${format.padEnd(formatWidth)}  Python ${python}  ` +
      `${String(distributions).padStart(4)} distributions  ${prettyBytes(bytes).padStart(8)}`
  ];
}

function releaseLines({ name, modified, artifact, code, problem, hint }: ListedRelease): Line[] {
  if (problem !== undefined) return [['warn', `release ${name}  ${problem}`], ...(hint ? [`  ${hint}`] : [])];
  return [
    ['strong', `release ${name}`, `  ${modified.slice(0, 16).replace('T', ' ')}  ${artifact}${code && `  ${code}`}`]
  ];
}

/** `ship-env check`. */
export async function checkCommand(options: OptionValues, view: View, signal: AbortSignal): Promise<void> {
  const probe = await checkTarget(resolveTarget(options.target, await readSettings()), signal);
  const ms = (value: number): string => `${value.toFixed(0)} ms`;
  if ('parent' in probe) {
    const line = ` ${probe.url} does not exist yet. The first ship makes it in ${probe.parent}. Is the path spelt right?`;
    view.result({ type: 'result', ...probe }, [['warn', '!', line]]);
    return;
  }
  view.result({ type: 'result', ...probe }, [
    [
      'good',
      '✓',
      ` ${probe.url} works: write ${ms(probe.writeMs)}, read back ${ms(probe.readMs)}, delete ${ms(probe.deleteMs)}`
    ],
    ...(probe.remarks ?? []).map((remark): Line => ['warn', '!', ` ${remark}`])
  ]);
}

function snapshotLines({ interpreter, distributions, editables, findings }: Snapshot): Line[] {
  const bytes = (files: { size: number }[]): number => files.reduce((sum, file) => sum + file.size, 0);
  const width = Math.max(
    0,
    ...distributions.map(({ name }) => name.length),
    ...editables.map(({ name }) => name.length)
  );
  return [
    ['strong', `Python ${interpreter.version}`, ` (${interpreter.platformTag}) in ${interpreter.prefix}`],
    ...distributions.map(
      ({ name, version, files, layer, origin }) =>
        `  ${name.padEnd(width)}  ${version.padEnd(14)} ${prettyBytes(bytes(files)).padStart(8)}` +
        `${layer === 'base' ? '  (base)' : ''}${origin === undefined ? '' : `  from ${origin.url}`}`
    ),
    ...editables.map(
      ({ name, version, projectDirectory }) =>
        `  ${name.padEnd(width)}  ${version.padEnd(14)} editable  ${projectDirectory}`
    ),
    ...findingLines(findings),
    ...distributions.flatMap(({ name, suspects }) => suspects.map(suspect => suspectLine(name, suspect))),
    `${count(distributions.length, 'distribution')}, ${prettyBytes(bytes(distributions.flatMap(({ files }) => files)))}; ${count(editables.length, 'editable')}`
  ];
}

function suspectLine(name: string, { kind, path, target }: Distribution['suspects'][number]): Line {
  const told =
    kind === 'secret'
      ? `${path} looks like a secret. It stops a ship, unless --allow-secret names it.`
      : `${path} is a link to ${target}. It stops a ship, unless --allow-link names that place.`;
  return ['warn', '!', ` ${name}: ${told}`];
}
