import type { TranslationBundle } from '@jupyterlab/translation';
import { findingText, visibleLines, type StepEvent, type TargetSettings } from '../../server/src/contract/index.js';
import { messageOf, type ShipEnvError } from '../errors.js';
import { formatBytes, formatMs } from '../text/format.js';
import { cancelledText, cellText, errorTitle, liveText, queueText, stepTitle, waitText } from '../text/messages.js';
import type { ILogLine, IShipFacts, IShipOutcome, KernelWait } from './types.js';

/** The log of a ship, line by line, for a person who wants to understand or report it. Progress adds no line. */
export class ShipLog {
  private readonly _lines: ILogLine[] = [];

  constructor(private readonly _trans: TranslationBundle) {}

  get lines(): readonly ILogLine[] {
    return this._lines;
  }

  started(notebook: string): void {
    this._add(this._trans.__('Ship of the environment of %1', notebook));
  }

  waiting(reason: KernelWait): void {
    const text = waitText(reason, this._trans);
    if (this._lines.at(-1)?.text !== text) this._add(text);
  }

  shipping(python: string, target: TargetSettings): void {
    this._add(this._trans.__('Kernel python: %1', python));
    this._add(this._trans.__('Target: %1 (%2)', target.name, target.url));
  }

  /** Notes that the ship was running already. */
  joined(target: TargetSettings): void {
    this._add(this._trans.__('The ship was running already; this log begins here'));
    this._add(this._trans.__('Target: %1 (%2)', target.name, target.url));
  }

  step(event: StepEvent): void {
    if (event.state === 'waiting') this._add(queueText(event.detail ?? '', this._trans));
    if (event.state !== 'done') return;
    const time = event.ms === undefined ? '' : ` (${formatMs(event.ms)})`;
    const detail = event.detail === undefined ? '' : `: ${event.detail}`;
    this._add(`${stepTitle(event.name, this._trans)}${detail}${time}`);
  }

  cancelling(): void {
    this._add(this._trans.__('The ship was asked to cancel'));
  }

  cancelledTooLate(ship: IShipFacts): void {
    this._add(cancelledText(ship, this._trans));
  }

  outcome(outcome: IShipOutcome): void {
    const { result } = outcome;
    for (const file of [result.artifact, ...result.code]) {
      this._add(`${file.uri} (${formatBytes(file.bytes)}, sha256 ${file.sha256})`);
    }
    for (const finding of result.findings) {
      this._add(this._trans.__('Finding: %1', findingText(finding)));
    }
    this.cell(outcome);
    const live = `${liveText(outcome, this._trans)} ${outcome.live.message}`.trim();
    if (live !== '') this._add(live);
    this._add(this._trans.__('Done in %1, %2 uploaded', formatMs(outcome.ms), formatBytes(result.uploadedBytes)));
  }

  cell(outcome: IShipOutcome): void {
    this._add(cellText(outcome, this._trans));
  }

  /** Notes that the notebook did not open. @param error - the error of JupyterLab */
  notOpened(error: unknown): void {
    this._add(this._trans.__('The notebook could not be opened: %1', messageOf(error)));
  }

  error(error: ShipEnvError): void {
    this._add(`${error.code}: ${errorTitle(error.code, this._trans)}`);
    this._add(error.message);
    if (error.hint !== '') this._add(error.hint);
    for (const cause of error.causes) this._add(this._trans.__('Caused by: %1', cause));
  }

  private _add(text: string): void {
    this._lines.push({ time: new Date(), text: visibleLines(text) });
  }
}
