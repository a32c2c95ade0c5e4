/** Hadoop's servers as jars from Maven Central, fetched by the Ivy that Spark brings along. */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../../../scripts/lib/process.mjs';
import { whenChanged } from '../../../scripts/setup/stamp.mjs';

const VERSION = '3.5.0';
/** The ResourceManager does not start without the timeline service. */
const MODULES = [
  ...['hadoop-common', 'hadoop-hdfs', 'hadoop-hdfs-client', 'hadoop-yarn-client', 'hadoop-yarn-server-nodemanager'],
  ...['hadoop-yarn-server-resourcemanager', 'hadoop-yarn-server-timelineservice']
];

const IVY = `<ivy-module version="2.0">
  <info organisation="ship-env" module="hadoop"/>
  <configurations><conf name="default"/></configurations>
  <dependencies>
${MODULES.map(name => `    <dependency org="org.apache.hadoop" name="${name}" rev="${VERSION}" conf="default->default"/>`).join('\n')}
  </dependencies>
</ivy-module>
`;

/**
 * Fetches the jars, some 185 of 100 MB, unless they are there.
 *
 * @param folder - where they are kept
 * @param env - with SPARK_HOME
 * @returns folder of the jars
 */
export async function fetchHadoop(folder: string, env: NodeJS.ProcessEnv): Promise<string> {
  const jars = join(folder, 'jars');
  mkdirSync(folder, { recursive: true });
  await whenChanged(join(folder, 'jars.stamp'), [IVY], async () => {
    const cache = join(folder, 'ivy');
    const settings = `<ivysettings><settings defaultResolver="central"/><caches defaultCacheDir="${cache}"/>
      <resolvers><ibiblio name="central" m2compatible="true"/></resolvers></ivysettings>`;
    writeFileSync(join(folder, 'ivy.xml'), IVY);
    writeFileSync(join(folder, 'ivysettings.xml'), settings);
    const sparkJars = join(env['SPARK_HOME'] ?? '', 'jars');
    const ivy = readdirSync(sparkJars).find(name => /^ivy-\d.*\.jar$/.test(name)) ?? 'ivy.jar';
    const files = ['-settings', join(folder, 'ivysettings.xml'), '-ivy', join(folder, 'ivy.xml')];
    const pattern = join(jars, '[artifact]-[revision](-[classifier]).[ext]');
    await run('java', ['-jar', join(sparkJars, ivy), ...files, '-confs', 'default', '-retrieve', pattern], {
      env,
      stdout: 'capture'
    });
    rmSync(cache, { recursive: true, force: true });
  });
  return jars;
}
