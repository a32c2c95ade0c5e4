import type { OptionValues } from '../contract/option-lists.js';
import { Cache } from '../system/cache/cache.js';
import { DRIVER_PYTHON_KEY } from '../deployments/spark/config.js';
import { submitArguments } from '../deployments/spark/submit.js';
import { ShipEnvError } from '../errors.js';
import { configByName, configOf, type Config } from '../ship/config.js';
import { shellWord } from '../text/shell-word.js';
import { namedBy, toNamedRequest, toShipRequest } from './request.js';
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
  if (cell === '' && options.as === 'builder' && options.json !== true) {
    throw new ShipEnvError(
      'USAGE_INVALID',
      'A notebook has its driver here; --deploy-mode cluster was to run the driver on a node.',
      { hint: 'Use --as submit or --as json, or leave out --deploy-mode.' }
    );
  }
  // spark.pyspark.python is a path on the executors; the driver of a client-mode submit runs on this machine.
  const isHere = driverPython !== undefined && !(DRIVER_PYTHON_KEY in conf);
  const submit = submitArguments(conf, isHere ? { driverPython } : {});
  const text: Readonly<Record<string, string>> = {
    builder: cell,
    submit,
    json: JSON.stringify(conf, null, 2),
    command: command.map(shellWord).join(' ')
  };
  view.result({ type: 'result', ...shipped, conf, cell, command }, [text[options.as ?? ''] ?? cell]);
}

async function configFor(options: OptionValues, signal: AbortSignal): Promise<Config> {
  const named = namedBy(options);
  if (named === undefined) return configOf(await toShipRequest(options), { cache: await Cache.open(), signal });
  // No python of this machine belongs to what was shipped under a name.
  return configByName(await toNamedRequest(options), named, { signal });
}
