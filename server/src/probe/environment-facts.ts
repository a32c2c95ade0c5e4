import { join } from 'node:path';
import pLimit from 'p-limit';
import { readLoaderNeeds } from '../content/interpreter/elf.js';
import { shippedDistributions, type StayHomeOptions } from '../content/stay-home.js';
import type { Distribution, Interpreter, Snapshot } from '../contract/snapshot.js';
import { environmentChanged } from '../environment/index.js';
import { hasCode } from '../errors.js';
import { compareVersions } from './platform.js';

/** What the compiled files of a distribution ask of the machine. The loader asks the same when it loads the files. */
export interface CompiledNeeds {
  /** As `uname -m` names it, or the number of the ELF header for a kind that has no name here. */
  readonly architecture: string;
  /** The highest version of glibc that a file needs, and the file; undefined when no file needs glibc. */
  readonly glibc: { readonly version: readonly [number, number]; readonly file: string } | undefined;
  /** A file needs a version of the machine's C++ library, too. */
  readonly usesCpp: boolean;
}

/** What counts of a distribution for the question whether it runs elsewhere. */
export interface WheelFacts {
  readonly name: string;
  readonly version: string;
  readonly tags: readonly string[];
  /** Undefined without compiled files. */
  readonly needs: CompiledNeeds | undefined;
}

/** What counts of an environment. */
export interface EnvironmentFacts {
  readonly interpreter: Pick<
    Interpreter,
    'executable' | 'implementation' | 'version' | 'minor' | 'abiTag' | 'platformTag'
  >;
  /** The distributions that ship, in the snapshot's order. */
  readonly wheels: readonly WheelFacts[];
  /** Bytes of their files, which a node unpacks. */
  readonly bytes: number;
  /** Version of the pyspark in the environment, which stays home; undefined when it has none. */
  readonly pyspark: string | undefined;
  /** The artifact has its own interpreter. */
  readonly includesInterpreter: boolean;
}

/** Names of the ELF machine numbers that Python has wheels for. */
const ARCHITECTURES: ReadonlyMap<number, string> = new Map([
  [21, 'ppc64le'],
  [22, 's390x'],
  [62, 'x86_64'],
  [183, 'aarch64'],
  [243, 'riscv64'],
  [258, 'loongarch64']
]);

/** Open files at a time. */
const PARALLEL_READS = 16;

/**
 * Reads the headers of the compiled files that ship.
 *
 * @throws ShipEnvError ARTIFACT_FILE_CHANGED
 */
export async function environmentFacts(
  snapshot: Snapshot,
  options: StayHomeOptions & { readonly includeInterpreter: boolean },
  signal: AbortSignal
): Promise<EnvironmentFacts> {
  const shipped = shippedDistributions(snapshot, options);
  const limit = pLimit(PARALLEL_READS);
  const wheels = await Promise.all(
    shipped.map(async distribution => {
      const { name, version, tags } = distribution;
      return { name, version, tags, needs: await needsOf(distribution, limit, signal) };
    })
  );
  const { executable, implementation, version, minor, abiTag, platformTag } = snapshot.interpreter;
  return {
    interpreter: { executable, implementation, version, minor, abiTag, platformTag },
    wheels: options.includeInterpreter ? [...wheels, await programFacts(snapshot.interpreter)] : wheels,
    bytes: shipped.flatMap(({ files }) => files).reduce((sum, { size }) => sum + size, 0),
    pyspark: snapshot.distributions.find(({ normalizedName }) => normalizedName === 'pyspark')?.version,
    includesInterpreter: options.includeInterpreter
  };
}

/** The interpreter that ships, as if it were a distribution. */
async function programFacts({ executable, version, pythonTag, abiTag, platformTag }: Interpreter): Promise<WheelFacts> {
  const needs = await readLoaderNeeds(executable);
  return {
    name: 'the interpreter',
    version,
    tags: [`${pythonTag}-${abiTag}-${platformTag}`],
    needs: needs === undefined ? undefined : joined([{ path: executable, ...needs }])
  };
}

async function needsOf(
  { location, files }: Distribution,
  limit: ReturnType<typeof pLimit>,
  signal: AbortSignal
): Promise<CompiledNeeds | undefined> {
  // `libfoo.so.3` too: wheels bring libraries under such names.
  const compiled = files.filter(({ path }) => /\.so(?:\.\d+)*$/.test(path));
  const found = await Promise.all(
    compiled.map(({ path }) =>
      limit(async () => {
        signal.throwIfAborted();
        const needs = await readLoaderNeeds(join(location, path)).catch((error: unknown) => {
          throw hasCode(error, 'ENOENT', 'ENOTDIR') ? environmentChanged(error) : error;
        });
        // Not for Linux, or of 32 bits: no python that ships here loads such a file.
        return needs === undefined ? [] : [{ path, ...needs }];
      })
    )
  );
  return joined(found.flat());
}

function joined(
  files: readonly { path: string; machine: number; versions: readonly string[] }[]
): CompiledNeeds | undefined {
  const [first] = files;
  if (first === undefined) return undefined;
  // A package may bring libraries of several processors; the python loads those of its own, which most are.
  const numbers = files.map(({ machine }) => machine).sort((a, b) => a - b);
  const machine = numbers[Math.floor(numbers.length / 2)] ?? first.machine;
  const glibc = files
    .filter(file => file.machine === machine)
    .flatMap(({ path, versions }) => versions.flatMap(version => glibcOf(version, path)))
    .reduce<CompiledNeeds['glibc']>(
      (most, each) => (most === undefined || compareVersions(each.version, most.version) > 0 ? each : most),
      undefined
    );
  return {
    architecture: ARCHITECTURES.get(machine) ?? `machine ${machine}`,
    glibc,
    usesCpp: files.some(file => file.versions.some(version => version.startsWith('GLIBCXX_')))
  };
}

/** `GLIBC_2.17` → 2.17. `GLIBC_PRIVATE` and the versions of other libraries count for nothing. */
function glibcOf(version: string, file: string): { version: readonly [number, number]; file: string }[] {
  const [, major, minor] = /^GLIBC_(\d{1,4})\.(\d{1,4})(?:\.\d+)?$/.exec(version) ?? [];
  return major === undefined ? [] : [{ version: [Number(major), Number(minor)], file }];
}
