import * as z from 'zod';

/** What is wrong with a value, as the end of a sentence: `targets[0].url: expected string, received undefined`. */
export function issuesText({ issues }: z.ZodError): string {
  return issues
    .map(({ path, message }) => {
      const wrong = message.replace(/^Invalid input: /, '');
      return path.length === 0 ? wrong : `${z.core.toDotPath(path)}: ${wrong}`;
    })
    .join('; ');
}
