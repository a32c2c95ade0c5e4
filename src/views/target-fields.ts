import { fieldsOf, kindOf, misplacedFields } from '../../server/src/contract/index.js';

/** Name and URL in the form of a target; both may still be empty. */
export function nameAndUrlIn(formData: unknown): { name: string; url: string } {
  const fields = formData !== null && typeof formData === 'object' ? formData : {};
  const filled = Object.entries(fields).filter(([, value]) => value !== undefined);
  return { name: '', url: '', ...Object.fromEntries(filled) };
}

/**
 * Does the form of a target show this field? It shows the fields of every target, and the fields of the kind that the
 * URL belongs to. A field of another kind is shown while it has a value, so that the person can clear it.
 */
export function isShown(field: string, formData: unknown): boolean {
  if (field === 'name' || field === 'url') return true;
  const target = nameAndUrlIn(formData);
  const kind = kindOf(target.url);
  if (kind === undefined) return false;
  return field in fieldsOf(kind) || misplacedFields(target).includes(field);
}
