/**
 * Reads a body of newline-delimited text as it arrives.
 *
 * @param body - UTF-8; a character may be split between two chunks
 * @returns the lines that are not empty, without their line feed; the last line may lack one
 */
export async function* readLines(body: ReadableStream<Uint8Array>): AsyncGenerator<string, void, undefined> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let pending = '';
  try {
    for (;;) {
      const { done, value } = await reader.read();
      pending += done ? decoder.decode() : decoder.decode(value, { stream: true });
      const lines = pending.split('\n');
      pending = done ? '' : (lines.pop() ?? '');
      for (const line of lines) {
        if (line.trim() !== '') yield line;
      }
      if (done) return;
    }
  } finally {
    // The caller may stop early: then the connection must be closed.
    await reader.cancel().catch(() => undefined);
  }
}
