import { compareVersions, parsePlatform, type Platform, type PythonVersion } from './platform.js';

/** Which part of a wheel tag does not fit. `unknown`: the platform says too little to tell. */
export type TagAnswer = 'fits' | 'unknown' | 'python' | 'architecture' | 'libc';

/** From the worst answer to the best. */
const ANSWERS: readonly TagAnswer[] = ['python', 'architecture', 'libc', 'unknown', 'fits'];

/**
 * Does a wheel with these tags run with a python on a platform (PEP 425, PEP 600, PEP 656)? One tag that fits is enough.
 *
 * @param tags - `Tag:` lines of WHEEL; one may stand for several: `py2.py3-none-any`
 */
export function judgeTags(tags: readonly string[], python: PythonVersion, platform: Platform): TagAnswer {
  const answers = tags.flatMap(tag => {
    const [pythons = [], abis = [], platforms = []] = tag.split('-').map(part => part.split('.'));
    const places = platforms.map(each => platformAnswer(each, platform));
    const isForPython = pythons.some(each => abis.some(abi => fitsPython(each, abi, python)));
    return isForPython ? places : ['python' as const];
  });
  return ANSWERS[Math.max(...answers.map(answer => ANSWERS.indexOf(answer)))] ?? 'python';
}

function platformAnswer(tag: string, { architecture, libc }: Platform): TagAnswer {
  if (tag === 'any') return 'fits';
  const wheel = parsePlatform(tag);
  if (wheel?.architecture !== architecture) return 'architecture';
  // `linux_x86_64` is what pip writes when it builds from source: the wheel fits the machine that built it.
  if (wheel.libc === undefined || libc === undefined) return 'unknown';
  if (wheel.libc.family !== libc.family) return 'libc';
  return compareVersions(wheel.libc.version, libc.version) <= 0 ? 'fits' : 'libc';
}

/** The rules of `packaging.tags`: `cpython_tags` and `compatible_tags`. */
function fitsPython(tag: string, abi: string, { minor, isFreeThreaded }: PythonVersion): boolean {
  const [, implementation, major, digits] = /^(py|cp)(\d)(\d*)$/.exec(tag) ?? [];
  if (implementation === undefined || major !== '3') return false;
  const wanted = Number(minor.split('.')[1]);
  const own = digits === '' ? undefined : Number(digits);
  if (implementation === 'py') return abi === 'none' && (own === undefined || own <= wanted);
  if (own === undefined) return false;
  if (abi === 'abi3') return !isFreeThreaded && own <= wanted;
  if (own !== wanted) return false;
  return abi === 'none' || abi === `cp3${wanted}${isFreeThreaded ? 't' : ''}`;
}

/** The tag of a wheel that would fit. */
export function fittingTag({ minor, isFreeThreaded }: PythonVersion, platform: string): string {
  const python = `cp${minor.replace('.', '')}`;
  return `${python}-${python}${isFreeThreaded ? 't' : ''}-${platform}`;
}
