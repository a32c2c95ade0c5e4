import { expect, it } from 'vitest';
import { commandLine, readOptions } from '../src/options.js';

it('takes the scale and the parts', () => {
  expect(readOptions([])).toMatchObject({ scale: 'default', only: [], docs: false });
  expect(readOptions(['--full', '--docs', '--only', 'cold', '--only', 'upload'])).toMatchObject({
    scale: 'full',
    only: ['cold', 'upload'],
    docs: true
  });
});

it('refuses what cannot be measured, before it measures', () => {
  expect(() => readOptions(['--fast'])).toThrow(/--fast.*\nUsage: npm run bench/u);
  expect(() => readOptions(['--only', 'warm'])).toThrow(/no part 'warm': before-after, cold, /u);
  expect(() => readOptions(['--against', '/nowhere/ship.whl'])).toThrow('There is no wheel /nowhere/ship.whl');
  expect(() => readOptions(['--only', 'before-after'])).toThrow(/needs an earlier wheel: --against/u);
});

it('tells the command without the folders of this machine', () => {
  expect(commandLine([])).toBe('npm run bench');
  expect(commandLine(['--against', '/home/ann/ship-1.whl'])).toBe('npm run bench -- --against ship-1.whl');
});
