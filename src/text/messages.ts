import type { TranslationBundle } from '@jupyterlab/translation';
import { ERRORS, type ErrorCode, type StepName } from '../../server/src/contract/index.js';
import type { IShipFacts, IShipOutcome, IStep, KernelWait } from '../ship/types.js';
import { fractionOf } from '../ship/steps.js';
import { formatBytes, formatMs, shorten } from './format.js';

/** A heading that says what a step does. */
export function stepTitle(name: StepName, trans: TranslationBundle): string {
  const titles: Record<StepName, string> = {
    snapshot: trans.__('Reading the environment'),
    plan: trans.__('Comparing with the target'),
    build: trans.__('Building the artifact'),
    upload: trans.__('Uploading'),
    verify: trans.__('Verifying'),
    publish: trans.__('Publishing'),
    configure: trans.__('Writing the Spark configuration')
  };
  return titles[name];
}

/** The progress of a step: `12 MB of 148 MB`, `40 %`, empty when unknown. */
export function progressText(step: IStep, trans: TranslationBundle): string {
  if (step.done === undefined) return '';
  if (step.total === undefined || step.total === 0) return step.name === 'upload' ? formatBytes(step.done) : '';
  if (step.name === 'upload') return trans.__('%1 of %2', formatBytes(step.done), formatBytes(step.total));
  return `${Math.round((fractionOf(step) ?? 0) * 100)} %`;
}

/** The title of an error code. */
export function errorTitle(code: ErrorCode, trans: TranslationBundle): string {
  // eslint-disable-next-line jupyter/no-dynamic-translation -- the texts are in the contract's table
  return trans.__(ERRORS[code].title);
}

export function waitText(reason: KernelWait, trans: TranslationBundle): string {
  return reason === 'busy'
    ? trans.__('Waiting for the kernel, it is busy')
    : trans.__('Waiting for the kernel to start');
}

/**
 * Why a ship has not begun. @param ahead - what the sidecar says about the ships before this one, such as `4 ships
 * before this one`
 */
export function queueText(ahead: string, trans: TranslationBundle): string {
  return ahead === ''
    ? trans.__('Waiting for other ships to end')
    : trans.__('Waiting for other ships to end: %1', ahead);
}

/** What a running ship is doing, in one line. */
export function activityText(ship: IShipFacts, trans: TranslationBundle): string {
  if (ship.state === 'cancelling') return trans.__('Cancelling…');
  if (ship.waitsFor !== null) return `${waitText(ship.waitsFor, trans)}…`;
  if (ship.phase === 'kernel') return trans.__('Asking the kernel which python it runs…');
  if (ship.phase === 'cell') return trans.__('Writing the cell…');
  if (ship.phase === 'session') return trans.__('Updating the running session…');
  // Build and upload overlap. The build is shown, since the size of the upload is unknown until the build ends.
  const index = ship.steps.findIndex(step => step.state === 'running' || step.state === 'waiting');
  const step = ship.steps[index];
  if (step?.state === 'waiting') return `${queueText(step.detail ?? '', trans)}…`;
  if (step === undefined) {
    const next = ship.steps.findIndex(({ state }) => state === 'pending');
    if (next <= 0) return trans.__('Starting…');
    return `${next + 1}/${ship.steps.length} ${stepTitle(ship.steps[next]?.name ?? 'configure', trans)}…`;
  }
  const progress = progressText(step, trans);
  const title = stepTitle(step.name, trans);
  return `${index + 1}/${ship.steps.length} ${progress === '' ? `${title}…` : `${title}: ${progress}`}`;
}

/** The end of a cancelled ship. */
export function cancelledText(ship: IShipFacts, trans: TranslationBundle): string {
  if (!ship.isCancelledTooLate) return trans.__('The ship was cancelled.');
  const target = shorten(targetName(ship), 24);
  return trans.__('The cancel came too late: the environment is on %1. The notebook stays as it is.', target);
}

/** `Ship env of demo.ipynb to local`. */
export function shipTitle(ship: IShipFacts, trans: TranslationBundle): string {
  const notebook = shorten(ship.notebookName, 32);
  if (ship.target === null) return trans.__('Ship env of %1', notebook);
  return trans.__('Ship env of %1 to %2', notebook, shorten(targetName(ship), 24));
}

/** What was shipped: `Shipped to local in 8.2 s: 6.1 MB of 148 MB uploaded.` */
export function summaryText(ship: IShipFacts, outcome: IShipOutcome, trans: TranslationBundle): string {
  const { result } = outcome;
  const target = shorten(targetName(ship), 24);
  const time = formatMs(outcome.ms);
  if (result.uploadedBytes === 0) return trans.__('Already on %1: nothing to upload (%2).', target, time);
  const uploaded = formatBytes(result.uploadedBytes);
  const all = formatBytes(result.artifact.bytes + result.code.reduce((sum, file) => sum + file.bytes, 0));
  if (uploaded === all) return trans.__('Shipped to %1 in %2: %3 uploaded.', target, time, all);
  return trans.__('Shipped to %1 in %2: %3 of %4 uploaded.', target, time, uploaded, all);
}

/** What happened to the cell. */
export function cellText(outcome: IShipOutcome, trans: TranslationBundle): string {
  switch (outcome.cell.state) {
    case 'inserted':
      return trans.__('Run the new cell: it makes builder.');
    case 'updated':
      return outcome.cell.wasEdited
        ? trans.__('Your changes to the cell were replaced; Undo brings them back.')
        : trans.__('The cell was updated.');
    case 'kept':
      return trans.__('The cell is up to date.');
    case 'notebook-closed':
      return trans.__('The notebook is not open: the cell was not written.');
    case 'notebook-read-only':
      return trans.__('The notebook became read-only: the cell was not written.');
  }
}

/** What happened to the running session; empty when there is none. */
export function liveText(outcome: IShipOutcome, trans: TranslationBundle): string {
  switch (outcome.live.state) {
    case 'none':
      return '';
    case 'current':
      return trans.__('The running session has this code already.');
    case 'updated':
      return trans.__('Running session updated.');
    case 'restart':
      return trans.__('Restart needed: the running session has other packages.');
    case 'postponed':
      return trans.__('The running session takes the new code when the kernel is idle.');
    case 'failed':
      return trans.__('The running session was not updated.');
  }
}

function targetName(ship: IShipFacts): string {
  return ship.target?.name || ship.target?.url || '';
}
