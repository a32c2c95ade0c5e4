import * as z from 'zod';
import { shipRequest } from './ship.js';
import { listedArtifact, probe, targetSettings } from './targets.js';

/** Paths of the sidecar, relative to its root; the Jupyter server serves them under `<base_url>ship-env/`. */
export const ROUTES = {
  /** GET: liveness and version. */
  health: 'health',
  /** POST shipRequest → {id}. */
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

/** GET: the events of a ship as newline-delimited JSON, from the first on, ended by its result or error. */
export const shipEventsPath = (id: string): string => `${ROUTES.ships}/${encodeURIComponent(id)}/events`;
/** DELETE: cancel. */
export const shipPath = (id: string): string => `${ROUTES.ships}/${encodeURIComponent(id)}`;

export const shipStarted = z.object({ id: z.string() });
export const health = z.object({ name: z.literal('ship-env'), version: z.string() });
export const snapshotRequest = z.object({ python: z.string().min(1) });
export const checkReply = probe;
export const listRequest = z.object({ target: targetSettings });
export const listReply = z.object({ artifacts: z.array(listedArtifact) });
/** Config of an environment that was shipped before: the request of a ship, and nothing is written. */
export const configRequest = shipRequest.omit({ dryRun: true, format: true });
export const configReply = z.object({ conf: z.record(z.string(), z.string()), cell: z.string() });
