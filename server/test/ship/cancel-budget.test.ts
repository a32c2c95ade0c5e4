import { expect, test } from 'vitest';
import { CANCEL_BUDGET_MS } from '../../src/ship/cancel-budget.js';
import { UNDO_TIMEOUT_MS } from '../../src/ship/undo/journal.js';
import { LAST_GRACE_MS } from '../../src/system/process/last-grace.js';
import * as directory from '../../src/targets/directory/time-limits.js';
import * as s3 from '../../src/targets/s3/time-limits.js';

test.each([
  ['a directory', directory],
  ['S3', s3]
])('a cancelled ship to %s has the time that its target, its undoing and its end may take', (_, { CLEAN_UP_MS }) => {
  expect(CANCEL_BUDGET_MS).toBeGreaterThanOrEqual(CLEAN_UP_MS + UNDO_TIMEOUT_MS + LAST_GRACE_MS);
});
