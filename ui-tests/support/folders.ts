import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

// The first process that reads the configuration sets it; the server and the workers inherit it.
const work = (process.env['SHIP_ENV_UI_FOLDER'] ??= mkdtempSync(join(tmpdir(), 'ship-env-ui-')));

/** Folders of the run, all removed at its end. start-lab.mjs uses the same names. */
export const folders = {
  work,
  /** Root of JupyterLab's file browser. */
  root: join(work, 'root'),
  /** `~` of JupyterLab, its kernels and the sidecar. */
  home: join(work, 'home'),
  /** The editable package: a copy of examples/demo-package. */
  demoPackage: join(work, 'demo-package'),
  /** The credentials file of the AWS profiles that the sidecar sees. */
  awsCredentials: join(work, 'aws-credentials')
};
