/** A possible name of a package, a file or a folder that must never become a path or reach a terminal unescaped. */
export interface HostileName {
  readonly what: string;
  readonly name: string;
  /** The name in an error or finding. */
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
