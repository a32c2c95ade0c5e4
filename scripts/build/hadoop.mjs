/**
 * Compiles the helper for Hadoop's file systems (hadoop/helper) to server/dist/hadoop, for Java 8 and later. The folder
 * also gets an empty core-site.xml: Hadoop's client wants one on the class path, and not every person has one.
 */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ScriptFailure } from '../lib/main.mjs';
import { paths } from '../lib/paths.mjs';
import { CommandFailed, run } from '../lib/process.mjs';
import { hadoopSignatures } from './hadoop-signatures.mjs';

const SOURCES = join(paths.root, 'hadoop', 'helper');
export const HADOOP_HELPER = join(paths.root, 'server', 'dist', 'hadoop');
/** The oldest Java of Hadoop 3's clients. */
const JAVA = '8';

/**
 * @param {NodeJS.ProcessEnv} env with a JDK on the PATH or in JAVA_HOME
 * @throws {ScriptFailure} with what the compiler says
 */
export async function compileHadoopHelper(env) {
  const work = mkdtempSync(join(tmpdir(), 'ship-env-javac-'));
  try {
    const [stubs, classes] = [join(work, 'stubs'), join(work, 'classes')];
    const signatures = Object.entries(hadoopSignatures()).map(([path, text]) => write(join(stubs, path), text));
    await compile(env, ['-d', classes, ...signatures]);
    rmSync(HADOOP_HELPER, { recursive: true, force: true });
    const sources = readdirSync(SOURCES).map(name => join(SOURCES, name));
    await compile(env, ['-d', HADOOP_HELPER, '-cp', classes, '-Werror', '-Xlint:all,-options', ...sources]);
    write(join(HADOOP_HELPER, 'core-site.xml'), '<configuration/>\n');
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/**
 * @param {NodeJS.ProcessEnv} env
 * @param {readonly string[]} args
 */
async function compile(env, args) {
  // JAVA_HOME may name a Java without its compiler.
  const own = join(env['JAVA_HOME'] ?? '', 'bin', 'javac');
  const javac = existsSync(own) ? own : 'javac';
  try {
    await run(javac, ['--release', JAVA, '-encoding', 'UTF-8', '-Xlint:-options', ...args], { env, stdout: 'capture' });
  } catch (error) {
    if (!(error instanceof CommandFailed)) throw error;
    throw new ScriptFailure(`The helper for Hadoop was not compiled:\n${error.output.trim()}`, { cause: error });
  }
}

/**
 * @param {string} path
 * @param {string} text
 * @returns {string} the path
 */
function write(path, text) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return path;
}
