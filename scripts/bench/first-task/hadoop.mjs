/** Hadoop's servers as jars from Maven Central, fetched by the Ivy that Spark brings along, and their configuration. */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../../lib/process.mjs';
import { whenChanged } from '../../setup/stamp.mjs';

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
 * @param {string} folder where they are kept
 * @param {NodeJS.ProcessEnv} env with SPARK_HOME
 * @returns {Promise<string>} folder of the jars
 */
export async function fetchHadoop(folder, env) {
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

/**
 * @param {string} folder of the configuration; made anew
 * @param {Readonly<Record<string, Readonly<Record<string, string | number>>>>} sites properties by file: core, hdfs, …
 */
export function writeConfiguration(folder, sites) {
  rmSync(folder, { recursive: true, force: true });
  // The jars lack the web pages, and the servers will not start without their folders.
  for (const name of ['hdfs', 'datanode', 'secondary', 'static']) {
    mkdirSync(join(folder, 'webapps', name), { recursive: true });
  }
  for (const [name, properties] of Object.entries(sites)) {
    const rows = Object.entries(properties).map(
      ([key, value]) => `  <property><name>${key}</name><value>${value}</value></property>\n`
    );
    writeFileSync(join(folder, `${name}.xml`), `<configuration>\n${rows.join('')}</configuration>\n`);
  }
  const log = {
    'log4j.rootLogger': 'INFO, console',
    'log4j.appender.console': 'org.apache.log4j.ConsoleAppender',
    'log4j.appender.console.layout': 'org.apache.log4j.PatternLayout',
    'log4j.appender.console.layout.ConversionPattern': '%p %c{1}: %m%n'
  };
  const lines = Object.entries(log).map(([key, value]) => `${key}=${value}\n`);
  writeFileSync(join(folder, 'log4j.properties'), lines.join(''));
}
