const EXECUTE = 0o111;

/** Whether a file's mode lets anyone execute it. */
export function isExecutable(mode: number): boolean {
  return (mode & EXECUTE) !== 0;
}

/** The mode with which a file is unpacked: the umask takes away what others may not do. */
export function unpackedMode(mode: number): number {
  return isExecutable(mode) ? 0o777 : 0o666;
}
