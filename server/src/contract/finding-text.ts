import type { Finding } from './snapshot.js';

/** A finding as one line of text. Most messages name their subject, which needs no second mention. */
export function findingText({ subject, message }: Pick<Finding, 'subject' | 'message'>): string {
  return message.includes(subject) ? message : `${subject}: ${message}`;
}
