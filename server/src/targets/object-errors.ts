import { ShipEnvError } from '../errors.js';
import type { Payload, PayloadFacts } from '../payloads/payload.js';

/** The target holds something else under a name that says what the content is. */
export function conflict(url: string, payload: PayloadFacts, found: string, cause?: unknown): ShipEnvError {
  return new ShipEnvError(
    'TARGET_CONFLICT',
    `${url} holds another ${payload.name}: ${found}, where this one has ${payload.bytes} bytes with sha256 ${payload.sha256}. It was not touched.`,
    {
      hint: `An interrupted ship or copy may have left it. When no session uses it and no other ship to this target is under way, delete ${payload.name} there and ship again.`,
      cause
    }
  );
}

/** An object that should be on the target is not there. */
export function missing(url: string, payload: Pick<Payload, 'name'>): ShipEnvError {
  return new ShipEnvError('TARGET_CHECKSUM', `${url} does not hold ${payload.name}, which was to be verified there.`, {
    hint: 'Someone removed it meanwhile. Ship again.'
  });
}

/** An object on the target is not what was sent. */
export function differs(url: string, payload: PayloadFacts, found: string): ShipEnvError {
  return new ShipEnvError(
    'TARGET_CHECKSUM',
    `${payload.name} on ${url} is not what was sent: found ${found}, where ${payload.bytes} bytes with sha256 ${payload.sha256} belong.`,
    { hint: 'Do not use it. Remove it from the target and ship again.' }
  );
}

/** An object that is read whole is too large for that. */
export function tooLarge(url: string, name: string, bytes: number): ShipEnvError {
  return new ShipEnvError('TARGET_CONFLICT', `${name} on ${url} has ${bytes} bytes: too many for a manifest.`, {
    hint: 'It is not a file that ship-env wrote. Move it away.'
  });
}

/** A folder, a FIFO or a link to nothing has the name of an object. */
export function notAFile(url: string, name: string): ShipEnvError {
  return new ShipEnvError('TARGET_CONFLICT', `${url}/${name} is not a file.`, {
    hint: 'Move it away or choose another directory as target.'
  });
}

/** Something that a shipped environment needs is not on the target. */
export function notShipped(url: string, name: string): ShipEnvError {
  return new ShipEnvError('ARTIFACT_NOT_SHIPPED', `${url} was expected to hold ${name}; it does not.`, {
    hint: 'The environment or its code changed since the last ship, or was never shipped there. Run "ship-env ship" first.'
  });
}
