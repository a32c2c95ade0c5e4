import type { NotebookPanel } from '@jupyterlab/notebook';
import type { TranslationBundle } from '@jupyterlab/translation';
import { ReactWidget, ToolbarButtonComponent, UseSignal } from '@jupyterlab/ui-components';
import * as React from 'react';
import { shipIcon, shippingIcon } from '../icons.js';
import type { IShip } from '../ship/types.js';
import { activityText } from '../text/messages.js';
import type { IShips } from '../tokens.js';

/** The button in the toolbar of one notebook. */
export class ShipButton extends ReactWidget {
  constructor(
    private readonly _ships: IShips,
    private readonly _panel: NotebookPanel,
    private readonly _onPress: () => void,
    private readonly _trans: TranslationBundle
  ) {
    super();
    this.addClass('jp-ShipEnv-button');
  }

  protected override render(): React.JSX.Element {
    return (
      <UseSignal signal={this._ships.changed}>{() => this._renderButton(this._ships.find(this._panel))}</UseSignal>
    );
  }

  private _renderButton(ship: IShip | null): React.JSX.Element {
    const trans = this._trans;
    const isRunning = ship?.isRunning === true;
    return (
      <ToolbarButtonComponent
        className={isRunning ? 'jp-mod-shipping' : undefined}
        icon={isRunning ? shippingIcon : shipIcon}
        label={trans.__('Ship env to cluster')}
        tooltip={
          isRunning ? trans.__('Ship env to cluster: %1', activityText(ship, trans)) : trans.__('Ship env to cluster')
        }
        onClick={this._onPress}
      />
    );
  }
}
