import { rm } from 'node:fs/promises';
import { folders } from './folders.js';

/** Nothing of a run stays. */
export default async function teardown(): Promise<void> {
  await rm(folders.work, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
}
