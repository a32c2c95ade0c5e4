/** The set-up needs something that it cannot install: the error says what, why, and which command helps. */
export class SetupProblem extends Error {
  /**
   * @param {string} what what is missing
   * @param {string} why why it is needed, or why it could not be installed
   * @param {string} remedy the command to run, or what else to do
   * @param {unknown} [cause]
   */
  constructor(what, why, remedy, cause) {
    super(`${what}\n  why:  ${why}\n  do:   ${remedy}`, { cause });
    this.name = 'SetupProblem';
  }
}
