import type { TranslationBundle } from '@jupyterlab/translation';
import type { InsertPosition, ShipRequestInput, TargetSettings } from '../../server/src/contract/index.js';
import type { IKernel, INotebook, IShipping } from './types.js';

/** The options of a ship, read from the settings at its start. */
export interface IShipOptions {
  readonly request: Omit<ShipRequestInput, 'python'> & { readonly target: TargetSettings };
  readonly insertPosition: InsertPosition;
}

/** What a ship needs. */
export interface IShipContext {
  readonly notebook: INotebook;
  /** The kernel of the notebook; null while the notebook is not open. */
  readonly kernel: () => IKernel | null;
  readonly client: IShipping;
  /** Reads the settings. @throws ShipEnvError SETTINGS_INVALID, TARGET_UNKNOWN */
  readonly options: () => Promise<IShipOptions>;
  readonly trans: TranslationBundle;
}
