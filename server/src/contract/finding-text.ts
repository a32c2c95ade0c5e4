import type { Finding } from './snapshot.js';

/** A finding as one line of text. Most messages name their subject, which needs no second mention. */
export function findingText({ subject, message }: Pick<Finding, 'subject' | 'message'>): string {
  return isNamed(subject, message) ? message : `${subject}: ${message}`;
}

/** Does a text name this, and not only a longer word that holds it? */
function isNamed(name: string, text: string): boolean {
  const parts = text.split(name);
  return parts.slice(1).some((part, index) => !/^\w/.test(part) && !/\w$/.test(parts[index] ?? ''));
}
