import { LabIcon } from '@jupyterlab/ui-components';
// As seen from where the compiled file lies: lib/src/.
import shipSvg from '../../style/icons/ship.svg';
import shippingSvg from '../../style/icons/shipping.svg';

export const shipIcon = new LabIcon({ name: 'ship-env:ship', svgstr: shipSvg });
/** The same while a ship runs. */
export const shippingIcon = new LabIcon({ name: 'ship-env:shipping', svgstr: shippingSvg });
