/**
 * The first file of the program. It turns on V8's cache of compiled code, which saves most of the loading time, and
 * only then loads the other files.
 */
import { lstatSync } from 'node:fs';
import * as module from 'node:module';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { cacheRoot } from './system/cache/root.js';

/**
 * Is the folder safe? Its files are executed, so it must not be writable by other users. The check creates no folder.
 */
function isPrivate(folder: string): boolean {
  try {
    const found = lstatSync(folder);
    return found.isDirectory() && found.uid === process.getuid?.() && (found.mode & 0o077) === 0;
  } catch {
    // The folder does not exist or is not ours. Code that needs the cache reports it.
    return false;
  }
}

// Node.js has this function since 22.1.
if (typeof module.enableCompileCache === 'function' && isPrivate(cacheRoot())) {
  module.enableCompileCache(join(cacheRoot(), 'compiled'));
}

// The launcher's limit for new objects (node.py) is meant for the heap of this thread, which has read it by now. The
// threads that compress have smaller limits, which it would replace.
setFlagsFromString('--max-semi-space-size=0');

// Collects garbage when the heap has grown by half. By default V8 lets a small heap grow to four times its live
// objects, and memory outside of the heap that dead objects hold stays as long: 60 MB for an environment of 100,000
// files.
setFlagsFromString('--heap-growing-percent=50');

await import('./main.js');
