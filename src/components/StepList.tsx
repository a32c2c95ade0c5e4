import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import { fractionOf } from '../ship/steps.js';
import type { IStep } from '../ship/types.js';
import { formatMs } from '../text/format.js';
import { progressText, stepTitle } from '../text/messages.js';

/** The steps of a ship, each with its progress. */
export function StepList({ steps, trans }: { steps: readonly IStep[]; trans: TranslationBundle }): React.JSX.Element {
  return (
    <ol className="jp-ShipEnv-steps">
      {steps.map(step => (
        <li key={step.name} data-step={step.name} data-state={step.state}>
          <span className="jp-ShipEnv-stepTitle">{stepTitle(step.name, trans)}</span>
          <span className="jp-ShipEnv-stepDetail">{step.state === 'pending' ? '' : (step.detail ?? '')}</span>
          <StepProgress step={step} trans={trans} />
        </li>
      ))}
    </ol>
  );
}

function StepProgress({ step, trans }: { step: IStep; trans: TranslationBundle }): React.JSX.Element {
  if (step.state === 'done') {
    return <span className="jp-ShipEnv-stepTime">{step.ms === undefined ? trans.__('done') : formatMs(step.ms)}</span>;
  }
  if (step.state === 'pending') return <span className="jp-ShipEnv-stepTime" />;
  if (step.state === 'waiting') return <span className="jp-ShipEnv-stepTime">{trans.__('waits')}</span>;
  const fraction = fractionOf(step);
  const label = stepTitle(step.name, trans);
  return (
    <span className="jp-ShipEnv-stepTime">
      <progress aria-label={label} {...(fraction === null ? {} : { value: fraction })} /> {progressText(step, trans)}
    </span>
  );
}
