/** A name as a package, a file or a folder may have it, that must never become a path or reach a terminal as it is. */
export interface HostileName {
  readonly what: string;
  readonly name: string;
  /** What an error or finding says of it. */
  readonly told: RegExp;
}

export const HOSTILE_NAMES: readonly HostileName[] = [
  { what: 'a way out', name: '../../../escaped', told: /slash/ },
  { what: 'a slash', name: 'har/bour', told: /slash/ },
  { what: 'two dots', name: '..', told: /is \.\./ },
  { what: 'an escape sequence', name: 'har\u001b[2Jbour', told: /control character/ },
  { what: 'a C1 control', name: 'har\u009b2Jbour', told: /control character/ },
  { what: 'a DEL', name: 'har\u007fbour', told: /control character/ },
  { what: '300 bytes', name: 'x'.repeat(300), told: /300 bytes/ },
  { what: '64 KiB', name: 'x'.repeat(65_536), told: /65536 bytes/ }
];
