/** The most bytes of one part of a path, on ext4, XFS, tmpfs and overlayfs. */
const MAX_PART_BYTES = 255;
/** The most bytes of a path inside a distribution or code archive. Linux allows 4096 with the node's folder in front. */
const MAX_PATH_BYTES = 2048;
/**
 * The most bytes of a distribution's name. Cache, target and node make file names from it that have up to 70 bytes more: a
 * hash, a mark of temporary files, a suffix.
 */
const MAX_NAME_BYTES = 180;
/** The most bytes of name, version and tags together, because they form the file name of the wheel. */
const MAX_WHEEL_BYTES = 240;

const CONTROL = /[\u0000-\u001f\u007f-\u009f]/u;
const LONE_SURROGATE = /[\ud800-\udfff]/u;
/** PEP 425: interpreter, ABI and platform. Each may list several, with dots in between. */
const TAG = /^\w+(?:\.\w+)*-\w+(?:\.\w+)*-\w+(?:\.\w+)*$/;

/**
 * Why a shipped file may not have this name, as a clause without its subject: `contains a slash`. Undefined when it may.
 *
 * Everything that becomes a part of a path on an executor is checked here when it is planned: files, folders, scripts, import
 * names. Names that executors would refuse, or put elsewhere, are left out before anything is sent. Names that differ only in
 * case or in Unicode's normal form are two names on every Linux file system, so they ship as they are.
 */
export function problemOfPart(part: string): string | undefined {
  if (part === '') return 'is empty';
  if (part === '.' || part === '..') return `is ${part}`;
  if (part.includes('/')) return 'contains a slash';
  if (CONTROL.test(part)) return 'contains a control character';
  if (LONE_SURROGATE.test(part)) return 'is not valid text';
  return tooLong(part, MAX_PART_BYTES);
}

/**
 * {@link problemOfPart} for all parts of a path: `has a part that is ..`.
 *
 * @param path - relative, `/`-separated
 */
export function problemOfPath(path: string): string | undefined {
  const problem = path
    .split('/')
    .map(problemOfPart)
    .find(each => each !== undefined);
  return problem === undefined ? tooLong(path, MAX_PATH_BYTES) : `has a part that ${problem}`;
}

/** Why an import name cannot be a path in a code archive. The empty name stands for a folder on `sys.path`. */
export function problemOfImportName(importName: string): string | undefined {
  if (importName === '') return undefined;
  const problem = importName
    .split('.')
    .map(problemOfPart)
    .find(each => each !== undefined);
  return problem === undefined ? tooLong(importName, MAX_PATH_BYTES) : `has a part that ${problem}`;
}

/** The facts about a distribution or editable that become parts of paths. */
export interface NamedDistribution {
  readonly name: string;
  readonly version: string;
  /** Name of the folder or file of its metadata. */
  readonly metadataName?: string;
  /** Tags as in PEP 425. */
  readonly tags?: readonly string[];
}

/** Why a distribution or editable of this name, version and tags cannot ship: `its name contains a slash`. */
export function problemOfDistribution({
  name,
  version,
  metadataName,
  tags = []
}: NamedDistribution): string | undefined {
  const parts = [
    ['its name', problemOfPart(name) ?? tooLong(name, MAX_NAME_BYTES)],
    ['its version', version === '' ? undefined : problemOfPart(version)],
    ['the name of its metadata', metadataName === undefined ? undefined : problemOfPart(metadataName)],
    ['a tag of its WHEEL', tags.every(tag => TAG.test(tag)) ? undefined : 'is not of the form python-abi-platform'],
    ['the name of its wheel', tooLong([name, version, ...partsOfTags(tags)].join('-'), MAX_WHEEL_BYTES)]
  ] as const;
  const [what, problem] = parts.find(([, each]) => each !== undefined) ?? [];
  return problem === undefined ? undefined : `${what} ${problem}`;
}

/** Interpreters, ABIs and platforms, each without repeats, as in the name of a wheel. */
function partsOfTags(tags: readonly string[]): string[] {
  return [0, 1, 2].map(index => [...new Set(tags.flatMap(tag => tag.split('-')[index]?.split('.') ?? []))].join('.'));
}

function tooLong(text: string, limit: number): string | undefined {
  const bytes = Buffer.byteLength(text);
  return bytes > limit ? `has ${bytes} bytes; at most ${limit} are allowed` : undefined;
}
