/** The content of generated files. The seed decides every byte. */
import { createCipheriv, createHash } from 'node:crypto';

/** `random` does not compress; `code` compresses to about a third, like real libraries. */
export type LibraryKind = 'random' | 'code';

const BLOCK = 1024 ** 2;
const WORDS = 'alpha batch cell depth edge frame graph head index join kernel label mask node offset part'.split(' ');

/**
 * Valid Python source that compresses like real source code: functions whose names and words depend on the seed.
 *
 * @param bytes - length to reach; there is at least one function
 */
export function sourceText(seed: string, bytes: number): string {
  const numbers = createHash('sha512').update(seed).digest();
  const numberAt = (index: number) => numbers[index % numbers.length] ?? 0;
  const wordAt = (index: number) => WORDS[numberAt(index) % WORDS.length] ?? '';
  let text = `"""Generated from ${seed}."""\n`;
  for (let index = 0; index === 0 || text.length < bytes; index += 1) {
    const [first, second, third] = [wordAt(index * 3), wordAt(index * 3 + 1), wordAt(index * 3 + 2)];
    text += `\n\ndef ${first}_${second}_${index}(${third}, other=${numberAt(index)}):\n`;
    text += `    """Return the ${first} of the ${second}, with the ${third} of another."""\n`;
    text += `    return [${third} + other for _ in range(${index})]\n`;
  }
  return text;
}

/** The bytes of a library, block by block. */
export function* libraryContent(seed: string, bytes: number, kind: LibraryKind): Generator<Buffer> {
  const key = createHash('sha256').update(seed).digest().subarray(0, 16);
  const cipher = createCipheriv('aes-128-ctr', key, Buffer.alloc(16));
  const pattern = Buffer.from(WORDS.join(' ').repeat(64));
  for (let written = 0; written < bytes; written += BLOCK) {
    const block = cipher.update(Buffer.alloc(Math.min(BLOCK, bytes - written)));
    if (kind === 'code') {
      // Two thirds of each page are a repeated text.
      for (let page = 0; page < block.length; page += 6144) {
        pattern.copy(block, page, 0, Math.min(4096, block.length - page));
      }
    }
    yield block;
  }
}
