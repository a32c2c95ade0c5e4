import { chmod, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, onTestFinished, test } from 'vitest';
import { BUNDLE } from '../support/bundle.js';
import { makeKernelVenv } from '../support/kernel-venv.js';
import { temporaryFolder } from '../support/temporary.js';

test('the example of Kubernetes in docs/deployments.md prints what spark-submit needs', async () => {
  const page = await readFile(new URL('../../../docs/deployments.md', import.meta.url), 'utf8');
  const example = /^## Kubernetes\n\n```sh\n(.*?)^```$/msu.exec(page)?.[1] ?? '';
  const kernel = await makeKernelVenv('six==1.17.0');
  onTestFinished(() => kernel.remove());
  const home = await temporaryFolder();
  const bin = join(home, 'bin');
  await mkdir(bin);
  await writeFile(join(bin, 'ship-env'), `#!/bin/sh\nexec '${process.execPath}' '${BUNDLE}' "$@"\n`);
  await chmod(join(bin, 'ship-env'), 0o755);
  await symlink(join(kernel.folder, 'venv'), join(home, 'venv'));
  const env = { HOME: home, PATH: `${bin}:${process.env['PATH'] ?? ''}` };
  const ship = 'ship-env ship --python venv/bin/python --target "file://$PWD/target"\n';
  const { stdout } = await execa('sh', ['-ec', ship + example], { cwd: home, env, extendEnv: false });
  for (const words of [
    '--master k8s://https://host:6443',
    '--conf spark.kubernetes.executor.useDriverPodIP=false',
    '--conf spark.kubernetes.executor.volumes.hostPath.shipenv.options.path=/var/cache/ship-env',
    '--conf spark.executorEnv.SHIP_ENV_NODE_ROOT=/ship-env-node/ship-env'
  ]) {
    expect(stdout).toContain(words);
  }
});
