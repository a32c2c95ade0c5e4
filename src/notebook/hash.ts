/**
 * FNV-1a of a text, 32 bit, as eight hex digits. Tells whether a text changed; it is not secure against deliberate
 * collisions.
 */
export function hashOf(text: string): string {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  }
  return (hash >>> 0).toString(16).padStart(8, '0');
}
