import { describe, expect, it } from 'vitest';
import { problemsOfChangelog } from '../lint/changelog.mjs';

const problems = (/** @type {string[]} */ ...headings) =>
  problemsOfChangelog(`# Changelog\n\n${headings.map(heading => `${heading}\n\n- A change.\n`).join('\n')}`);

describe('a changelog', () => {
  it('begins with what is unreleased, and has the newest release first', () => {
    expect(problems('## Unreleased')).toEqual([]);
    expect(problems('## Unreleased', '## 0.10.0 (2027-02-01)', '## 0.9.1 (2027-01-31)')).toEqual([]);
  });

  it.each([
    [[], /first section is 'undefined'/],
    [['## 0.1.0 (2027-01-31)'], /first section is '## 0\.1\.0 \(2027-01-31\)'/],
    [['## Unreleased', '## 0.1.0 (unreleased)'], /must have the form/],
    [['## Unreleased', '## 0.1.0 (2027-01-31)', '## 0.2.0 (2027-02-01)'], /newest release must come first/],
    [['## Unreleased', '## 0.1.0 (2027-01-31)', '## 0.1.0 (2027-01-31)'], /two sections/]
  ])('with the sections %s is refused', (headings, message) => {
    expect(problems(...headings)).toEqual([expect.stringMatching(message)]);
  });
});
