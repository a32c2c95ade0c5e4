/**
 * `npm run test:yarn`: real jobs on real YARN and HDFS servers of this machine, with an archive that was shipped to a
 * directory and to S3. Takes a few minutes, and fetches Hadoop once: 110 MB. Needs Linux and, unless root, user namespaces.
 */
import { buildSeed } from '../build/index.mjs';
import { main } from '../lib/main.mjs';
import { endLeftovers, run } from '../lib/process.mjs';
import { red, step } from '../lib/terminal.mjs';
import { installHadoop } from '../setup/hadoop.mjs';
import { setUp } from '../setup/index.mjs';

await main(async () => {
  const env = await setUp('test', ['s3']);
  await step('Hadoop', installHadoop);
  await buildSeed(env);
  const { code } = await run('npx', ['vitest', 'run', '--project', 'yarn'], { env, allowFailure: true });
  const left = await endLeftovers();
  left.forEach(({ pid, command }) => console.log(`${red('✗')} left running: ${pid} ${command.slice(0, 160)}`));
  process.exitCode = code === 0 && left.length === 0 ? 0 : 1;
});
