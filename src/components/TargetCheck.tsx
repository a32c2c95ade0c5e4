import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import type { Probe } from '../../server/src/contract/index.js';
import type { ShipEnvError } from '../errors.js';
import { formatMs } from '../text/format.js';
import { errorTitle } from '../text/messages.js';

export type TargetCheckState =
  | { readonly kind: 'idle' | 'testing' }
  | { readonly kind: 'good'; readonly probe: Probe }
  | { readonly kind: 'bad'; readonly error: ShipEnvError };

export interface ITargetCheckProps {
  readonly state: TargetCheckState;
  readonly isDefault: boolean;
  readonly onTest: () => void;
  /** Stops the test that runs. */
  readonly onCancel: () => void;
  readonly trans: TranslationBundle;
}

/** The button that tests a target, and the result of the test. */
export function TargetCheck({ state, isDefault, onTest, onCancel, trans }: ITargetCheckProps): React.JSX.Element {
  return (
    <div className="jp-ShipEnv-targetCheck">
      <div className="jp-ShipEnv-targetCheckBar">
        <button type="button" className="jp-mod-styled" disabled={state.kind === 'testing'} onClick={onTest}>
          {trans.__('Test connection')}
        </button>
        {state.kind === 'testing' && (
          <button type="button" className="jp-mod-styled" onClick={onCancel}>
            {trans.__('Cancel')}
          </button>
        )}
        {isDefault && <span className="jp-ShipEnv-default">{trans.__('This is the default target.')}</span>}
      </div>
      <div className="jp-ShipEnv-targetCheckResult" data-state={isNote(state) ? 'note' : state.kind} aria-live="polite">
        <CheckResult state={state} trans={trans} />
      </div>
    </div>
  );
}

/** The result is only a note: the directory does not exist yet, so nothing was tested and nothing is wrong. */
function isNote(state: TargetCheckState): boolean {
  return state.kind === 'good' && 'parent' in state.probe;
}

function CheckResult({ state, trans }: Pick<ITargetCheckProps, 'state' | 'trans'>): React.JSX.Element | null {
  switch (state.kind) {
    case 'idle':
      return null;
    case 'testing':
      return (
        <p>
          <progress aria-label={trans.__('Test connection')} />{' '}
          {trans.__('Testing: a small object is written, read back and deleted…')}
        </p>
      );
    case 'good': {
      if ('parent' in state.probe) {
        return (
          <p>
            {trans.__(
              'The directory does not exist yet. The first ship makes it in %1. When the path has a typing error, correct it in the URL.',
              state.probe.parent
            )}
          </p>
        );
      }
      const { writeMs, readMs, deleteMs } = state.probe;
      return (
        <p>
          {trans.__(
            'It works: written in %1, read back in %2, deleted in %3.',
            formatMs(writeMs),
            formatMs(readMs),
            formatMs(deleteMs)
          )}
        </p>
      );
    }
    case 'bad':
      return (
        <>
          <p className="jp-ShipEnv-errorTitle">{errorTitle(state.error.code, trans)}</p>
          <p>{state.error.message}</p>
          {state.error.hint !== '' && <p className="jp-ShipEnv-hint">{state.error.hint}</p>}
        </>
      );
  }
}
