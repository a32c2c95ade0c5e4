import * as z from 'zod';
import { POINTER_NAME } from '../contract/pointer-name.js';
import type { TargetEntry } from '../targets/target.js';
import { parseJson } from '../text/json.js';

const POINTER = new RegExp(`^${POINTER_NAME}$`, 'u');

/** The part of a pointer file, of this release or the one before it, that names the archives it needs. */
const pointerFile = z.object({
  schema: z.union([z.literal(1), z.literal(2)]),
  archives: z.array(z.object({ file: z.string() }))
});

/** Is this the name of a pointer file? */
export function isPointerName(name: string): boolean {
  return POINTER.test(name);
}

/** Names of the archives that a pointer file needs; undefined when this release cannot read it. */
export function filesOf(content: Buffer | undefined): string[] | undefined {
  const pointer = content && pointerFile.safeParse(parseJson(content.toString('utf8'))).data;
  return pointer?.archives.map(({ file }) => file);
}

/** By the name of each pointer file that can be read, the archives that it needs. @throws what `read` throws */
export async function pointersAmong(
  entries: Iterable<TargetEntry>,
  read: (name: string) => Promise<Buffer | undefined>
): Promise<Map<string, string[]>> {
  const found = new Map<string, string[]>();
  for (const { name } of entries) {
    const files = isPointerName(name) ? filesOf(await read(name)) : undefined;
    if (files !== undefined) found.set(name, files);
  }
  return found;
}
