/**
 * Replaces the lines between the two marker lines of a name. A marker is a comment, `generated: <name>` or `end of
 * generated: <name>`, in the language of the file.
 *
 * @param {string} text of the file
 * @param {string} name
 * @param {readonly string[]} lines
 */
export function betweenMarkers(text, name, lines) {
  const all = text.split('\n');
  const [begin, end] = [`generated: ${name}`, `end of generated: ${name}`].map(marker => {
    const places = all.flatMap((line, index) => (commentOf(line) === marker ? [index] : []));
    const [place] = places;
    if (place === undefined || places.length > 1) {
      throw new Error(`A file must have one line "${marker}"; it has ${places.length}.`);
    }
    return place;
  });
  if (begin === undefined || end === undefined || begin > end) {
    throw new Error(`The markers of "${name}" are in the wrong order.`);
  }
  return [...all.slice(0, begin + 1), ...lines, ...all.slice(end)].join('\n');
}

/** @param {string} line */
function commentOf(line) {
  return /^(?:#|<!--)\s*(.*?)\s*(?:-->)?$/u.exec(line)?.[1];
}
