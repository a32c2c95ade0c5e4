import { rm } from 'node:fs/promises';
import { folders } from './folders.js';

/** Removes all files of a run. */
export default async function teardown(): Promise<void> {
  await rm(folders.work, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
}
