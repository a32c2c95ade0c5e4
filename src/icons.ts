import { LabIcon } from '@jupyterlab/ui-components';
// Relative to the compiled file in lib/src/.
import shipSvg from '../../style/icons/ship.svg';
import shippingSvg from '../../style/icons/shipping.svg';

export const shipIcon = new LabIcon({ name: 'ship-env:ship', svgstr: shipSvg });
/** The icon while a ship runs. */
export const shippingIcon = new LabIcon({ name: 'ship-env:shipping', svgstr: shippingSvg });
