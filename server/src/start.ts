/**
 * The program's first file. It lets V8 keep the compiled form of all the others, which is most of the time that they
 * take to load, and only then loads them.
 */
import { lstatSync } from 'node:fs';
import * as module from 'node:module';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { cacheRoot } from './system/cache/root.js';

/** What lies there is run: a folder that someone else could write to is not used, and none is made. */
function isPrivate(folder: string): boolean {
  try {
    const found = lstatSync(folder);
    return found.isDirectory() && found.uid === process.getuid?.() && (found.mode & 0o077) === 0;
  } catch {
    // Not there, or not for us: whoever needs the cache says so.
    return false;
  }
}

// Node.js has it from 22.1 on.
if (typeof module.enableCompileCache === 'function' && isPrivate(cacheRoot())) {
  module.enableCompileCache(join(cacheRoot(), 'compiled'));
}

// The launcher's limit for new objects (node.py) is one for the heap of this thread, which it has by now. Those of the threads
// that compress are smaller, and it would take their place.
setFlagsFromString('--max-semi-space-size=0');

// What is dead is collected when the heap has grown by half. By itself V8 lets a small heap grow to four times what lives in
// it, and what the dead hold outside of it stays as long: of an environment of 100,000 files 60 MB.
setFlagsFromString('--heap-growing-percent=50');

await import('./main.js');
