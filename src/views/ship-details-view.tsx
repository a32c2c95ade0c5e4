import type { TranslationBundle } from '@jupyterlab/translation';
import { ReactWidget } from '@jupyterlab/ui-components';
import * as React from 'react';
import { ShipDetails } from '../components/ShipDetails.js';
import type { IShip } from '../ship/types.js';
import type { IShips } from '../tokens.js';

/** Shows one ship: the chosen one, until another ship starts. */
export class ShipDetailsView extends ReactWidget {
  private _ship: IShip | null;

  constructor(
    private readonly _ships: IShips,
    private readonly _copy: (text: string) => void,
    private readonly _trans: TranslationBundle
  ) {
    super();
    this._ship = _ships.latest;
    this.addClass('jp-ShipEnv-details');
    _ships.changed.connect(this._onShipChanged, this);
  }

  /** Shows the ship with this id, if it is still known, else the latest. */
  showShip(id: string | null): void {
    this._ship = (id === null ? null : this._ships.get(id)) ?? this._ships.latest;
    this.update();
  }

  protected override render(): React.JSX.Element {
    return <ShipDetails ship={this._ship} onCopy={this._copy} trans={this._trans} />;
  }

  private readonly _onShipChanged = (_: IShips, changed: IShip): void => {
    if (changed !== this._ship && changed !== this._ships.latest) return;
    this._ship = changed;
    this.update();
  };
}
