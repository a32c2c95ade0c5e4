import type { Finding } from './snapshot.js';

/** A finding as one line of text. The subject is put in front unless the message names it already. */
export function findingText({ subject, message }: Pick<Finding, 'subject' | 'message'>): string {
  return isNamed(subject, message) ? message : `${subject}: ${message}`;
}

/** Whether the text contains the name as a whole word. */
function isNamed(name: string, text: string): boolean {
  const parts = text.split(name);
  return parts.slice(1).some((part, index) => !/^\w/.test(part) && !/\w$/.test(parts[index] ?? ''));
}
