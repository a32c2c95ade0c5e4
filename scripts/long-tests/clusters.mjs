/**
 * `npm run test:clusters [-- path …]`: the tests on real servers of this machine that are too slow for `npm test`, all
 * `*.slow.ts` files, or those whose path contains one of the arguments: YARN and HDFS, with what was shipped to a
 * directory, to S3 and to HDFS. Kubernetes with a real API server. Fetches Hadoop once, 110 MB, and builds
 * Kubernetes once: seven minutes of processor time. Needs Linux and, unless root, user namespaces.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { buildHadoopHelper, buildSeed } from '../build/index.mjs';
import { ScriptFailure, main } from '../lib/main.mjs';
import { paths } from '../lib/paths.mjs';
import { endLeftovers, run } from '../lib/process.mjs';
import { red, step } from '../lib/terminal.mjs';
import { installHadoop } from '../setup/hadoop.mjs';
import { setUp } from '../setup/index.mjs';
import { installKerberos } from '../setup/machine.mjs';
import { installKubernetesServers } from '../setup/kubernetes-servers.mjs';

const TESTS = 'server/test';

await main(async args => {
  const files = testsOf(args);
  /** @param {string} name */
  const isChosen = name => files.some(file => file.includes(name));
  const env = await setUp('test', isChosen('kubernetes') ? ['s3', 'kubernetes'] : ['s3']);
  if (isChosen('kerberos')) await step('Kerberos', installKerberos);
  if (isChosen('kubernetes')) await step('Kubernetes', installKubernetesServers);
  await step('Hadoop', installHadoop);
  await buildSeed(env);
  await buildHadoopHelper(env);
  const { code } = await run('npx', ['vitest', 'run', '--project', 'clusters', ...files], { env, allowFailure: true });
  const left = await endLeftovers();
  left.forEach(({ pid, command }) => console.log(`${red('✗')} left running: ${pid} ${command.slice(0, 160)}`));
  process.exitCode = code === 0 && left.length === 0 ? 0 : 1;
});

/**
 * @param {readonly string[]} named parts of paths; none means every test
 * @returns {string[]} relative to the checkout
 * @throws {ScriptFailure} a name is in no path
 */
function testsOf(named) {
  const files = readdirSync(join(paths.root, TESTS), { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.slow.ts'))
    .map(name => `${TESTS}/${name}`)
    .sort();
  const missing = named.find(name => !files.some(file => file.includes(name)));
  if (missing !== undefined) throw new ScriptFailure(`No test has '${missing}' in its path: ${files.join(', ')}.`);
  return files.filter(file => named.length === 0 || named.some(name => file.includes(name)));
}
