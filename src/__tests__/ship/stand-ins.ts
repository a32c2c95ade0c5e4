import type { ShipResult } from '../../../server/src/contract/index.js';
import type { IShipContext } from '../../ship/context.js';
import { Ship } from '../../ship/ship.js';
import type { CellOutcome, ILiveOutcome, IKernel, INotebook, IShipping } from '../../ship/types.js';
import type { IFoundShip } from '../../ship/under-way.js';
import { result, steps, target } from '../samples.js';
import { trans } from '../trans.js';

/** A ship with stand-ins that do at once what the test wants, and the calls that they got, in order. */
export function setUp(
  parts: { notebook?: Partial<INotebook>; kernel?: Partial<IKernel> | null; client?: Partial<IShipping> } = {},
  found: IFoundShip | null = null
): {
  ship: Ship;
  calls: string[];
  states: string[];
} {
  const calls: string[] = [];
  const kernel: IKernel = {
    python: () => Promise.resolve('/venv/bin/python'),
    update: (live): Promise<ILiveOutcome> => {
      calls.push(`update ${live.artifactId}`);
      return Promise.resolve({ state: 'updated', message: '' });
    },
    ...parts.kernel
  };
  const context: IShipContext = {
    notebook: {
      name: 'demo.ipynb',
      path: 'work/demo.ipynb',
      assertWritable: () => undefined,
      write: (source, position): Promise<CellOutcome> => {
        calls.push(`write ${source} ${position}`);
        return Promise.resolve({ state: 'inserted' });
      },
      open: () => {
        calls.push('open');
        return Promise.resolve();
      },
      showCell: () => Promise.resolve(),
      ...parts.notebook
    },
    kernel: () => (parts.kernel === null ? null : kernel),
    client: {
      startShip: (request, note) => {
        calls.push(`start ${request.python} ${request.target.name}`);
        return Promise.resolve({ id: 's1', joined: false, note });
      },
      followShip: (_id, onStep): Promise<ShipResult> => {
        steps.forEach(onStep);
        return Promise.resolve(result);
      },
      cancelShip: id => {
        calls.push(`cancel ${id}`);
        return Promise.resolve();
      },
      ...parts.client
    },
    options: () => Promise.resolve({ request: { target }, insertPosition: 'before-session' }),
    trans
  };
  const ship = new Ship('1', context, found);
  const states: string[] = [];
  ship.changed.connect(changed => states.push(`${changed.state} ${changed.phase}`));
  return { ship, calls, states };
}

/** A ship that runs in the sidecar until it is cancelled. */
export function endless(onFollow: (fail: (error: unknown) => void) => void): IShipping['followShip'] {
  return () => new Promise((_, reject) => onFollow(reject));
}
