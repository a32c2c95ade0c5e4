import { STEP_NAMES, type StepEvent } from '../../server/src/contract/index.js';
import type { IStep } from './types.js';

/** The steps of a ship that has not begun. */
export function initialSteps(): readonly IStep[] {
  return STEP_NAMES.map(name => ({ name, state: 'pending' }));
}

/** The steps after this event. Fields that the event leaves out stay as they were. */
export function withEvent(steps: readonly IStep[], event: StepEvent): readonly IStep[] {
  const at = steps.findIndex(step => step.name === event.name);
  return steps.map((step, index) => {
    // The ship reads its environment again, so the later steps begin anew.
    if (index > at && event.state === 'started' && step.state !== 'pending')
      return { name: step.name, state: 'pending' };
    if (index !== at) return step;
    const { type: _type, state, ...facts } = event;
    const { detail: _waited, ...begun } = step;
    // The reason for the wait is not progress of the step.
    const before = step.state === 'waiting' ? begun : step;
    return { ...(event.done === undefined ? before : withoutTotal(before)), ...facts, state: stateAfter(state) };
  });
}

/** Removes the total: progress without a total means that the total is unknown again. */
function withoutTotal(step: IStep): IStep {
  const { total: _total, ...rest } = step;
  return rest;
}

function stateAfter(event: StepEvent['state']): IStep['state'] {
  return event === 'started' || event === 'progress' ? 'running' : event;
}

/** Share of a step that is done, from 0 to 1; null when unknown. */
export function fractionOf(step: IStep): number | null {
  if (step.state === 'done') return 1;
  if (step.done === undefined || step.total === undefined || step.total <= 0) return null;
  return Math.min(1, step.done / step.total);
}
