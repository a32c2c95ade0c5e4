import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import { findingText } from '../../server/src/contract/index.js';
import type { ShipEnvError } from '../errors.js';
import type { ILogLine, IShip, IShipOutcome } from '../ship/types.js';
import {
  activityText,
  cancelledText,
  cellText,
  errorTitle,
  liveText,
  shipTitle,
  summaryText
} from '../text/messages.js';
import { StepList } from './StepList.js';

export interface IShipDetailsProps {
  readonly ship: IShip | null;
  readonly onCopy: (text: string) => void;
  readonly trans: TranslationBundle;
}

/** A ship from its first step to its end. */
export function ShipDetails({ ship, onCopy, trans }: IShipDetailsProps): React.JSX.Element {
  if (ship === null) {
    return <p className="jp-ShipEnv-status">{trans.__('Nothing was shipped yet in this browser tab.')}</p>;
  }
  return (
    <>
      <h2>{shipTitle(ship, trans)}</h2>
      <p className="jp-ShipEnv-status" aria-live="polite">
        {statusText(ship, trans)}
      </p>
      {ship.outcome?.cell.state === 'notebook-closed' && (
        <p className="jp-ShipEnv-status">
          <button type="button" className="jp-mod-styled" onClick={() => void ship.insertCell()}>
            {trans.__('Insert cell')}
          </button>{' '}
          {trans.__('Opens the notebook and writes the cell.')}
        </p>
      )}
      {ship.error !== null && <ErrorText error={ship.error} trans={trans} />}
      <StepList steps={ship.steps} trans={trans} />
      {ship.outcome !== null && <Findings outcome={ship.outcome} trans={trans} />}
      <LogText lines={ship.log} onCopy={onCopy} trans={trans} />
    </>
  );
}

function statusText(ship: IShip, trans: TranslationBundle): string {
  if (ship.outcome !== null) {
    const { outcome } = ship;
    const texts = [
      summaryText(ship, outcome, trans),
      cellText(outcome, trans),
      liveText(outcome, trans),
      outcome.live.state === 'none' ? '' : outcome.live.message
    ];
    return texts.filter(text => text !== '').join(' ');
  }
  if (ship.error !== null) return errorTitle(ship.error.code, trans);
  return ship.state === 'cancelled' ? cancelledText(ship, trans) : activityText(ship, trans);
}

function ErrorText({ error, trans }: { error: ShipEnvError; trans: TranslationBundle }): React.JSX.Element {
  return (
    <div className="jp-ShipEnv-error" role="alert">
      <p>{error.message}</p>
      {error.hint !== '' && <p className="jp-ShipEnv-hint">{error.hint}</p>}
      <p className="jp-ShipEnv-code">{trans.__('Error code: %1', error.code)}</p>
    </div>
  );
}

function Findings({ outcome, trans }: { outcome: IShipOutcome; trans: TranslationBundle }): React.JSX.Element | null {
  const { findings } = outcome.result;
  if (findings.length === 0) return null;
  return (
    <section className="jp-ShipEnv-findings">
      <h3>{trans.__('Worth knowing')}</h3>
      <ul>
        {findings.map((finding, index) => (
          <li key={index}>{findingText(finding)}</li>
        ))}
      </ul>
    </section>
  );
}

interface ILogTextProps {
  readonly lines: readonly ILogLine[];
  readonly onCopy: (text: string) => void;
  readonly trans: TranslationBundle;
}

function LogText({ lines, onCopy, trans }: ILogTextProps): React.JSX.Element {
  const text = lines.map(line => `${line.time.toLocaleTimeString()}  ${line.text}`).join('\n');
  return (
    <section className="jp-ShipEnv-log">
      <h3>{trans.__('Log')}</h3>
      <pre tabIndex={0}>{text}</pre>
      <button type="button" className="jp-mod-styled" onClick={() => onCopy(text)}>
        {trans.__('Copy log')}
      </button>
    </section>
  );
}
