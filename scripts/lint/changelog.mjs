/** The form of CHANGELOG.md. */

const UNRELEASED = '## Unreleased';
const RELEASE = /^## (\d+\.\d+\.\d+) \((\d{4}-\d{2}-\d{2})\)$/;

/**
 * @param {string} text of the changelog
 * @returns {string[]} what is wrong with it
 */
export function problemsOfChangelog(text) {
  const [first, ...releases] = text.split('\n').filter(line => line.startsWith('## '));
  const problems = first === UNRELEASED ? [] : [`The first section is '${first}'. It must be '${UNRELEASED}'.`];
  const dates = /** @type {string[]} */ ([]);
  for (const heading of releases) {
    const date = RELEASE.exec(heading)?.[2];
    if (date === undefined) {
      problems.push(`'${heading}' must have the form '## 1.2.3 (2026-12-31)'.`);
    } else {
      dates.push(date);
    }
  }
  if (dates.some((date, index) => date < (dates[index + 1] ?? ''))) {
    problems.push('The newest release must come first.');
  }
  const versions = releases.map(heading => RELEASE.exec(heading)?.[1]).filter(version => version !== undefined);
  if (new Set(versions).size < versions.length) {
    problems.push('A release has two sections.');
  }
  return problems;
}
