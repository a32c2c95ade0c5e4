import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { excerptOf, printFailures } from '../suites/failures.mjs';

describe('the excerpt of a message', () => {
  it('has its first lines without colours, and the place in our own files', () => {
    const stack = [
      'at f (file:///x/node_modules/v/a.js:1:1)',
      'at node:internal/x:1',
      'at /x/a.test.ts:2:3',
      'at /x/b.ts'
    ];
    const message = ['\u001B[31mError: one\u001B[39m', '', 'two', 'three', ...stack.map(line => `    ${line}`)].join(
      '\n'
    );
    expect(excerptOf(message, 2)).toEqual(['Error: one', 'two', 'at /x/a.test.ts:2:3']);
  });
});

describe('the list of what failed', () => {
  /** @param {number} count */
  function printed(count) {
    /** @type {string[]} */
    const lines = [];
    const log = vi.spyOn(console, 'log').mockImplementation(line => lines.push(String(line)));
    onTestFinished(() => log.mockRestore());
    const failures = Array.from({ length: count }, (_, index) => ({
      file: 'a.test.ts',
      test: `outer > number ${index}`,
      message: 'Error: one\ntwo'
    }));
    printFailures([
      { name: 'server', failures: [] },
      { name: 'python', failures }
    ]);
    return lines;
  }

  it('is not there when nothing failed', () => {
    expect(printed(0)).toEqual([]);
  });

  it('names suite, file and test, and says what went wrong', () => {
    const lines = ['✗ python | a.test.ts | outer > number 0', '    Error: one', '    two'];
    expect(printed(1).slice(1)).toEqual(lines);
  });

  it('names every test, and says less of each when there are many', () => {
    const lines = printed(50).slice(1);
    expect(lines).toHaveLength(100);
    expect(lines.slice(-2)).toEqual(['✗ python | a.test.ts | outer > number 49', '    Error: one']);
  });
});
