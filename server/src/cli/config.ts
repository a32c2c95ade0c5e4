import type { OptionValues } from '../contract/option-lists.js';
import { Cache } from '../system/cache/cache.js';
import { configOf } from '../ship/config.js';
import { shellWord } from '../text/shell-word.js';
import { submitArguments } from '../deployments/spark/submit.js';
import { ShipEnvError } from '../errors.js';
import { toShipRequest } from './request.js';
import type { View } from './view.js';

/** `ship-env config`. */
export async function configCommand(options: OptionValues, view: View, signal: AbortSignal): Promise<void> {
  const request = await toShipRequest(options);
  const { conf, cell, driverPython, command } = await configOf(request, { cache: await Cache.open(), signal });
  if (Object.keys(conf).length === 0 && (options.as === 'submit' || options.as === 'json')) {
    throw new ShipEnvError(
      'USAGE_INVALID',
      `--as ${options.as} prints Spark properties of a session; a session of Spark Connect is not built by properties.`,
      { hint: 'Leave --as out: the cell gives the files to the session that runs.' }
    );
  }
  // spark.pyspark.python is a path on the executors; the driver of a client-mode submit runs on this machine.
  const submit = submitArguments(conf, { driverPython });
  const text: Readonly<Record<string, string>> = {
    builder: cell,
    submit,
    json: JSON.stringify(conf, null, 2),
    command: command.map(shellWord).join(' ')
  };
  view.result({ type: 'result', conf, cell, command }, [text[options.as ?? ''] ?? cell]);
}
