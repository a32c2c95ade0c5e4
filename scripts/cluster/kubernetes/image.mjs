/** What the image of the pods holds besides the machine's /usr and /etc: Spark, Java, and a Python. */
import { readdirSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { paths, pythonOf, sitePackages } from '../../lib/paths.mjs';
import { S3A_JARS } from '../../setup/hadoop.mjs';
import { javaHome } from '../yarn.mjs';

/**
 * An image: its files by their paths in the container, and its environment variables.
 *
 * @typedef {object} Image
 * @property {Readonly<Record<string, string>>} files paths of this machine by paths of the container
 * @property {Readonly<Record<string, string>>} env
 */

/** Folder of the S3A jars in the image. */
export const S3A_IN_IMAGE = '/opt/s3a';

/**
 * The image has the Python of the project's environment without anything that was installed into it, and Spark without
 * the packages of Python beside it.
 *
 * @param {{withS3a?: boolean}} [options] `withS3a` needs `installHadoop`
 * @returns {Image}
 */
export function sparkImage({ withS3a = false } = {}) {
  const spark = join(sitePackages(paths.venv), 'pyspark');
  const java = javaHome();
  const python = dirname(dirname(realpathSync(pythonOf(paths.venv))));
  const zips = join(spark, 'python', 'lib');
  const files = {
    '/opt/entrypoint.sh': fileURLToPath(new URL('entrypoint.sh', import.meta.url)),
    '/opt/spark/bin': join(spark, 'bin'),
    '/opt/spark/jars': join(spark, 'jars'),
    ...Object.fromEntries(readdirSync(zips).map(name => [`/opt/spark/python/lib/${name}`, join(zips, name)])),
    ...(withS3a ? { [S3A_IN_IMAGE]: S3A_JARS } : {}),
    ...Object.fromEntries([java, python].filter(folder => !isBelowUsr(folder)).map(folder => [folder, folder]))
  };
  const library = readdirSync(zips)
    .filter(name => name.endsWith('.zip'))
    .sort()
    .map(name => `/opt/spark/python/lib/${name}`);
  return {
    files,
    env: {
      PATH: `${join(python, 'bin')}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`,
      HOME: '/nonexistent',
      LANG: 'C.UTF-8',
      SPARK_HOME: '/opt/spark',
      JAVA_HOME: java,
      PYTHONPATH: library.join(':'),
      // What keeps a JVM small on a machine that runs many.
      JDK_JAVA_OPTIONS: '-XX:TieredStopAtLevel=1 -XX:+UseSerialGC'
    }
  };
}

/** @param {string} path */
function isBelowUsr(path) {
  return path === '/usr' || path.startsWith('/usr/');
}
