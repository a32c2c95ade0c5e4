import * as z from 'zod';
import { shipRequest } from './ship.js';
import { targetSettings } from './target-settings.js';
import { probe } from './targets.js';

/** Paths of the sidecar, relative to its root; the Jupyter server serves them under `<base_url>ship-env/`. */
export const ROUTES = {
  /** GET: liveness and version. */
  health: 'health',
  /** POST startRequest → shipStarted. GET → shipList. */
  ships: 'ships',
  /** POST {python} → snapshot. */
  snapshots: 'snapshots',
  /** POST targetSettings → probe. */
  targetCheck: 'targets/check',
  /** POST targetSettings → listedArtifact[]. */
  targetList: 'targets/list',
  /** POST configRequest → {conf, cell}. */
  config: 'config'
} as const;

/** The header that carries the token which the parent process chose for this sidecar. */
export const TOKEN_HEADER = 'X-Ship-Env-Token';
/** The most bytes that the body of a request may have. Bodies are small JSON objects. */
export const BODY_LIMIT = 1024 * 1024;

/** GET: all events of a ship as newline-delimited JSON. The last one is the ship's result or error. */
export const shipEventsPath = (id: string): string => `${ROUTES.ships}/${encodeURIComponent(id)}/events`;
/** DELETE: cancel. */
export const shipPath = (id: string): string => `${ROUTES.ships}/${encodeURIComponent(id)}`;

/** What the caller stores with a ship to find the ship again. The sidecar returns the note unchanged. */
const shipNote = z.object({
  /** A request with the key of a running ship joins that ship. A request with an empty key joins none. */
  key: z.string().max(4096).default(''),
  /** Any text; the sidecar does not read it. */
  data: z.string().max(65_536).default('')
});
export type ShipNote = z.infer<typeof shipNote>;
/** Body of `POST /ships`. */
export const startRequest = shipRequest.extend({ note: shipNote.prefault({}) });
export const shipStarted = z.object({
  id: z.string(),
  /** No ship was started, because one with this key runs already; `id` and `note` are those of that ship. */
  joined: z.boolean(),
  note: shipNote
});
export type ShipStarted = z.infer<typeof shipStarted>;
/** A ship whose result or error no caller has received yet. */
const listedShip = z.object({
  id: z.string(),
  note: shipNote,
  isRunning: z.boolean(),
  /** How many callers are reading the events of the ship now. */
  followers: z.number().int().min(0)
});
export type ListedShip = z.infer<typeof listedShip>;
/** The ships that run, and those that ended while no caller followed them, oldest first. */
export const shipList = z.object({ ships: z.array(listedShip) });
export const health = z.object({ name: z.literal('ship-env'), version: z.string() });
export const snapshotRequest = z.object({ python: z.string().min(1) });
export const checkReply = probe;
export const listRequest = z.object({ target: targetSettings });
/** Asks for the config of an environment that was shipped before: the request of a ship, but nothing is written. */
export const configRequest = shipRequest.omit({ dryRun: true, format: true });
export const configReply = z.object({ conf: z.record(z.string(), z.string()), cell: z.string() });
