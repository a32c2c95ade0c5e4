import prettyBytes from 'pretty-bytes';
import type { OptionValues } from '../contract/option-lists.js';
import { withoutSecrets } from '../deployments/registry.js';
import { Cache } from '../system/cache/cache.js';
import type { ShipResult } from '../contract/ship.js';
import { ship } from '../ship/ship.js';
import { withCache } from '../ship/with-cache.js';
import { shellWord } from '../text/shell-word.js';
import { wordsOf } from './options.js';
import { toShipRequest } from './request.js';
import { findingLines, type Line } from './lines.js';
import { seconds, type View } from './view.js';

/** `ship-env ship`. */
export async function shipCommand(options: OptionValues, view: View, signal: AbortSignal): Promise<void> {
  const request = await toShipRequest(options);
  const cache = await Cache.open();
  const result = await withCache(cache, () => ship(request, { cache, signal, emit: event => view.step(event) }));
  view.result(result, summary(result, request.target.url, options));
}

function summary(result: ShipResult, url: string, options: OptionValues): Line[] {
  const { artifact, code, uploadedBytes, copiedBytes, ms } = result;
  const sent =
    uploadedBytes === 0 ? 'nothing to send' : `${prettyBytes(uploadedBytes)} ${result.dryRun ? 'to send' : 'sent'}`;
  const reused = copiedBytes === 0 ? '' : `, ${prettyBytes(copiedBytes)} reused on the target`;
  return [
    '',
    ...findingLines(result.findings),
    ...(result.findings.length === 0 ? [] : ['']),
    ['strong', result.dryRun ? 'Would ship' : 'Shipped', ` to ${url}: ${sent}${reused}, ${seconds(ms)}`],
    `  environment  ${artifact.name}  ${prettyBytes(artifact.bytes)}${result.reused ? '  (already there)' : ''}`,
    ...code.map(file => `  code         ${file.name}  ${prettyBytes(file.bytes)}`),
    ...(options.release === undefined || result.dryRun ? [] : [`  release      ${options.release}`]),
    ...(result.dryRun ? [] : ['', `The Spark config: ${configCommand(options)}`])
  ];
}

/** The command that prints the config of this ship, quoted for a shell. */
function configCommand(options: OptionValues): string {
  // In its one spelling, the master holds no secret.
  const master = options.master === undefined ? undefined : withoutSecrets(options.master);
  const words = wordsOf({ ...options, master, as: 'builder', json: undefined }, 'config');
  return ['ship-env', 'config', ...words].map(shellWord).join(' ');
}
