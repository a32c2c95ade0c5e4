/** The set-up that all runs share: the kernel's environment, a copy of it on the node, Spark, the artifacts. */
import { existsSync, mkdirSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { javaHome } from '../../../scripts/cluster/yarn.mjs';
import { pythonOf, sitePackages } from '../../../scripts/lib/paths.mjs';
import { run } from '../../../scripts/lib/process.mjs';
import { BENCH_FOLDER, compileModules, lockedVenv } from '../environments/venvs.js';

/** Executors of an application, all on one node. */
const EXECUTORS = 2;

/** Options for short-lived JVMs: compiling at the highest level would cost more than it saves. */
const JVM = '-XX:TieredStopAtLevel=1 -XX:+UseSerialGC';

const NAME = 'first-task';

/** The set-up of a cluster and of the kernel that ships to it. */
export interface ClusterSetup {
  /** Holds all files of the measurement. Costly ones are kept for the next measurement. */
  readonly folder: string;
  /** The python of the kernel. */
  readonly python: string;
  /** Folders that no node may see. */
  readonly hidden: readonly string[];
  /** Environment variables of Spark's programs and of the applications. */
  readonly env: NodeJS.ProcessEnv;
  /** How many executors an application has. */
  readonly executors: number;
}

/** The set-up that all runs share. */
export interface FirstTaskSetup extends ClusterSetup {
  /** The python of a virtual environment on the node with the same packages. */
  readonly nodePython: string;
  /** The kernel's environment as a zipapp of the pex tool, without pyspark. */
  readonly othersPex: string;
}

/** @param baseEnv - from `setUp` */
export async function prepareFirstTask(baseEnv: NodeJS.ProcessEnv): Promise<FirstTaskSetup> {
  const cluster = await prepareCluster(baseEnv);
  const onNode = await lockedVenv(join(NAME, 'node-venv'), ['kernel']);
  await compileModules(onNode);
  const [kernel = ''] = cluster.hidden;
  return {
    ...cluster,
    nodePython: pythonOf(onNode),
    othersPex: await makeOthersPex(cluster.folder, kernel, baseEnv)
  };
}

/** The part of the set-up without the environments that ship-env is compared with. @param baseEnv - from `setUp` */
export async function prepareCluster(baseEnv: NodeJS.ProcessEnv): Promise<ClusterSetup> {
  const folder = join(BENCH_FOLDER, NAME);
  mkdirSync(folder, { recursive: true });
  const kernel = await lockedVenv(join(NAME, 'kernel'), ['kernel']);
  return {
    folder,
    python: pythonOf(kernel),
    hidden: [kernel],
    env: await sparkEnvironment(folder, kernel, baseEnv),
    executors: EXECUTORS
  };
}

/** Makes a file with the pex tool, which each executor unpacks for itself: how others ship an environment. */
async function makeOthersPex(folder: string, kernel: string, env: NodeJS.ProcessEnv): Promise<string> {
  const file = join(folder, 'others.pex');
  if (!existsSync(file)) {
    const args = ['--venv-repository', kernel, '--exclude', 'pyspark', '--exclude', 'py4j', '--inherit-path=fallback'];
    await run('pex', [...args, '-o', file], {
      env: { ...env, PEX_ROOT: join(folder, 'pex-root') },
      stdout: 'capture'
    });
    rmSync(join(folder, 'pex-root'), { recursive: true, force: true });
  }
  return file;
}

/**
 * Makes a SPARK_HOME and a PATH for the nodes: Spark's files are hard links to those of the kernel's pyspark, and
 * python is the base python of the kernel's environment.
 */
async function sparkEnvironment(folder: string, kernel: string, env: NodeJS.ProcessEnv): Promise<NodeJS.ProcessEnv> {
  const home = join(folder, 'spark');
  rmSync(home, { recursive: true, force: true });
  await run('cp', ['-al', join(sitePackages(kernel), 'pyspark'), home]);
  const bin = join(folder, 'bin');
  await linkBasePython(kernel, bin);
  const tmp = join(folder, 'tmp');
  rmSync(tmp, { recursive: true, force: true });
  mkdirSync(tmp);
  const libraries = readdirSync(join(home, 'python', 'lib')).filter(name => name.endsWith('.zip'));
  return {
    PATH: [bin, env['PATH'] ?? ''].join(delimiter),
    HOME: folder,
    LANG: 'C.UTF-8',
    TMPDIR: tmp,
    SPARK_HOME: home,
    SPARK_LOCAL_IP: '127.0.0.1',
    SPARK_LOCAL_DIRS: tmp,
    JAVA_HOME: env['JAVA_HOME'] ?? javaHome(),
    JDK_JAVA_OPTIONS: `${JVM} -Djava.io.tmpdir=${tmp}`,
    // YARN's containers get the same libraries as the executors of Spark standalone get from SPARK_HOME.
    PYSPARK_ARCHIVES_PATH: libraries.map(name => `local:${join(home, 'python', 'lib', name)}`).join(',')
  };
}

/** Makes a folder that has the base python of a virtual environment as `python3` and, for example, `python3.11`. */
async function linkBasePython(venv: string, bin: string): Promise<void> {
  rmSync(bin, { recursive: true, force: true });
  mkdirSync(bin, { recursive: true });
  const program = 'import sys; print(sys._base_executable, "python3.%d" % sys.version_info[1])';
  const { output } = await run(pythonOf(venv), ['-c', program], { stdout: 'capture' });
  const [base = '', versioned = ''] = output.trim().split(' ');
  symlinkSync(base, join(bin, versioned));
  symlinkSync(base, join(bin, 'python3'));
}
