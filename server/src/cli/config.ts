import type { OptionValues } from '../contract/option-lists.js';
import { Cache } from '../system/cache/cache.js';
import { configByName, configOf, type Config } from '../ship/config.js';
import { shellWord } from '../text/shell-word.js';
import { submitArguments } from '../deployments/spark/submit.js';
import { ShipEnvError } from '../errors.js';
import { codeWithoutArtifact, toShipRequest } from './request.js';
import type { View } from './view.js';

/** `ship-env config`. */
export async function configCommand(options: OptionValues, view: View, signal: AbortSignal): Promise<void> {
  const { shipped, conf, cell, driverPython, command } = await configFor(options, signal);
  if (Object.keys(conf).length === 0 && (options.as === 'submit' || options.as === 'json')) {
    throw new ShipEnvError(
      'USAGE_INVALID',
      `--as ${options.as} prints Spark properties of a session; a session of Spark Connect is not built by properties.`,
      { hint: 'Leave --as out: the cell gives the files to the session that runs.' }
    );
  }
  // spark.pyspark.python is a path on the executors; the driver of a client-mode submit runs on this machine.
  const submit = submitArguments(conf, driverPython === undefined ? {} : { driverPython });
  const text: Readonly<Record<string, string>> = {
    builder: cell,
    submit,
    json: JSON.stringify(conf, null, 2),
    command: command.map(shellWord).join(' ')
  };
  view.result({ type: 'result', ...shipped, conf, cell, command }, [text[options.as ?? ''] ?? cell]);
}

/** The python of a request for an environment that is not on this machine: a path that does not exist. */
const NO_PYTHON = '/-/bin/python';

async function configFor(options: OptionValues, signal: AbortSignal): Promise<Config> {
  const { artifact, code } = options;
  if (artifact !== undefined) {
    return configByName(await toShipRequest({ ...options, python: NO_PYTHON }), { artifact, code }, { signal });
  }
  if (code !== undefined) throw codeWithoutArtifact('config');
  return configOf(await toShipRequest(options), { cache: await Cache.open(), signal });
}
