import { visible } from '../contract/visible.js';

const MOST_SHOWN = 200;

/** A foreign text as a message may repeat it: cut, and what cannot be seen of it is written out. */
export function shown(text: string, most = MOST_SHOWN): string {
  return visible(text.length > most ? `${text.slice(0, most)}…` : text);
}
