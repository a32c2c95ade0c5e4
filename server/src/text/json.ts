/** The value of a JSON text, undefined when it is none: for files that a full disk or a hand may have damaged. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
