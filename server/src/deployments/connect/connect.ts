import { ShipEnvError } from '../../errors.js';
import type { Deployment } from '../deployment.js';
import { pythonInFolder, requireListable, withoutArrow } from '../spark/config.js';
import { isAddress, withoutSecrets } from './address.js';
import { connectCell } from './cell.js';
import { connectLiveUpdate } from './live-update.js';
import { PYTHON_KEY, type SessionPlan } from './session-function.js';

/**
 * A server of Spark Connect, whose sessions belong to one person each. A client cannot set Spark properties that hold
 * before the session exists (files, daemon), so there is no `conf`: the cell gives the files to the running session.
 * The start of the artifact makes the workers read the pointer files (ship_env_finder.py).
 */
export const connect: Deployment = {
  name: 'connect',
  accepts: isAddress,
  canonical: withoutSecrets,
  requireUsable: access => void requireListable(access.uri('name')),
  requireMode(mode) {
    if (mode === 'client') return;
    throw new ShipEnvError(
      'CONFIG_DEPLOY_MODE_UNSUPPORTED',
      'The driver was to run in the cluster (--deploy-mode cluster); the server of Spark Connect is the driver already.',
      { hint: 'Leave out --deploy-mode.' }
    );
  },
  findings: () => [],
  async arrange(shipped, access, { master, shared }) {
    const { manifest, runs } = shipped;
    const path = shared && runs.kind === 'executable' ? await access.executablePath(manifest.artifact.name) : undefined;
    const plan: SessionPlan = {
      shipped,
      access,
      isShared: path !== undefined,
      conf: [[PYTHON_KEY, path ?? pythonInFolder(shipped)], ...withoutArrow(manifest)]
    };
    return { cell: connectCell(master, plan, shipped), live: connectLiveUpdate(plan, manifest) };
  }
};
