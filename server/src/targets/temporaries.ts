import { randomUUID } from 'node:crypto';
import { ownerName } from '../system/process/owner.js';

/** `.<object>.<uuid>.tmp`, or with its writer `.<owner>.<object>.<uuid>.tmp`. */
const TEMPORARY = /^\.(?<owned>.+)\.[0-9a-f-]{36}\.tmp$/u;

/** A hidden name for the content of an object while it is written. The name tells which process writes it. */
export function temporaryName(object: string): string {
  return `.${ownerName()}.${object}.${randomUUID()}.tmp`;
}

/** The part of a temporary name that begins with its writer; undefined for other names. */
export function ownedPart(name: string): string | undefined {
  return TEMPORARY.exec(name)?.groups?.['owned'];
}
