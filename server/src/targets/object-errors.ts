import { ShipEnvError } from '../errors.js';
import type { Payload, PayloadFacts } from '../payloads/payload.js';

/** The error about an object whose content is not what its name says. */
export function conflictError(url: string, payload: PayloadFacts, found: string, cause?: unknown): ShipEnvError {
  return new ShipEnvError(
    'TARGET_CONFLICT',
    `${url} holds another ${payload.name}: ${found}, where this one has ${payload.bytes} bytes with sha256 ${payload.sha256}. It was not touched.`,
    {
      hint: `An interrupted ship or copy may have left it. When no session uses it and no other ship to this target is under way, delete ${payload.name} there and ship again.`,
      cause
    }
  );
}

/** The error about an object that is missing from the target after it was sent. */
export function missingError(url: string, payload: Pick<Payload, 'name'>): ShipEnvError {
  return new ShipEnvError('TARGET_CHECKSUM', `${payload.name} is missing from ${url}: it cannot be verified.`, {
    hint: 'Someone removed the file meanwhile. Ship again.'
  });
}

/** The error about an object that differs from what was sent. */
export function differenceError(url: string, payload: PayloadFacts, found: string): ShipEnvError {
  return new ShipEnvError(
    'TARGET_CHECKSUM',
    `${payload.name} on ${url} is not what was sent: found ${found}, expected ${payload.bytes} bytes with sha256 ${payload.sha256}.`,
    { hint: 'Do not use this file. Remove it from the target and ship again.' }
  );
}

/** The error about an object that is too large to be read into memory. */
export function tooLargeError(url: string, name: string, bytes: number): ShipEnvError {
  return new ShipEnvError('TARGET_CONFLICT', `${name} on ${url} has ${bytes} bytes: too many for a manifest.`, {
    hint: 'ship-env did not write this file. Move it away.'
  });
}

/** The error about a folder, a FIFO or a broken link that has the name of an object. */
export function notAFileError(url: string, name: string): ShipEnvError {
  return new ShipEnvError('TARGET_CONFLICT', `${url}/${name} is not a file.`, {
    hint: 'Move it away, or choose another directory as target.'
  });
}

/** The error about a file of a shipped environment that is missing from the target. */
export function notShippedError(url: string, name: string): ShipEnvError {
  return new ShipEnvError('ARTIFACT_NOT_SHIPPED', `${url} does not hold ${name}.`, {
    hint: 'The environment or its code changed since the last ship, or was never shipped there. Run "ship-env ship" first.'
  });
}

/** The error about an archive whose digest is right, and whose entries are not those of an archive of ours. */
export function notUnpackedError(url: string, name: string, cause: unknown): ShipEnvError {
  return new ShipEnvError('TARGET_CONFLICT', `${name} on ${url} cannot be unpacked.`, {
    hint: 'ship-env did not write this file. When no session uses it and no other ship to this target is under way, delete it and the manifest beside it, and ship again.',
    cause
  });
}
