import { shellWord } from '../../text/shell-word.js';
import { DRIVER_PYTHON_KEY } from './config.js';

/**
 * The Spark properties as arguments of spark-submit, one a line, quoted for a POSIX shell.
 *
 * @param conf - as `sparkConfig` gives it, an object or ordered pairs
 * @param options.driverPython - python of the driver in client mode; without it spark-submit would start the driver
 *   with the artifact, which lies on the executors only. Leave it out for cluster mode.
 */
export function submitArguments(
  conf: Readonly<Record<string, string>> | readonly (readonly [string, string])[],
  options: { driverPython?: string } = {}
): string {
  const pairs = isPairs(conf) ? [...conf] : Object.entries(conf);
  if (options.driverPython !== undefined) pairs.push([DRIVER_PYTHON_KEY, options.driverPython]);
  return pairs
    .map(([key, value]) =>
      key === 'spark.master' ? `--master ${shellWord(value)}` : `--conf ${shellWord(`${key}=${value}`)}`
    )
    .join(' \\\n');
}

function isPairs(conf: object): conf is readonly (readonly [string, string])[] {
  return Array.isArray(conf);
}
