import { defineConfig } from 'vitest/config';
import { TESTS } from './files.mjs';

/** As the project `server` of the checkout, with only the tests that a mutant is tried on. */
export default defineConfig({ test: { include: TESTS, testTimeout: 120_000, env: { NO_COLOR: '1' } } });
