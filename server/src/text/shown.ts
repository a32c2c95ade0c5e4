import { visible } from '../contract/visible.js';

const MOST_SHOWN = 200;

/** Prepares a foreign text for a message: cuts it, and makes hidden characters visible. */
export function shown(text: string, most = MOST_SHOWN): string {
  return visible(text.length > most ? `${text.slice(0, most)}…` : text);
}
