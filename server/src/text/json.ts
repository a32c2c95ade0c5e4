/** The value of a JSON text; undefined when the text is not JSON, as in a file that a full disk or an editor damaged. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
