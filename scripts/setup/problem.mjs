/** Something the set-up needs and cannot get by itself: says what, why, and what the person can run. */
export class SetupProblem extends Error {
  /**
   * @param {string} what what is missing
   * @param {string} why what it is for, or why it could not be installed
   * @param {string} remedy the command to run, or what else to do
   * @param {unknown} [cause]
   */
  constructor(what, why, remedy, cause) {
    super(`${what}\n  why:  ${why}\n  do:   ${remedy}`, { cause });
    this.name = 'SetupProblem';
  }
}
