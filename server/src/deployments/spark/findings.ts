import type { Finding } from '../../contract/snapshot.js';
import { itemsOf } from '../../spark/properties.js';
import type { Circumstances } from '../deployment.js';
import { holdsSecret } from './config.js';

/** The Spark properties to which a deployment adds files and archives. */
interface ListKeys {
  readonly filesKey: string;
  readonly archivesKey: string;
}

/** What the person should know before a Spark session is built, whatever the cluster is. */
export function sparkFindings(circumstances: Circumstances, keys: ListKeys): Finding[] {
  return [
    ...versionFindings(circumstances),
    ...scalaFindings(circumstances),
    ...secretFindings(circumstances, keys),
    ...argumentFindings(circumstances, keys)
  ];
}

/** pyspark and the Spark that it starts speak a protocol that changes with each minor version. */
function versionFindings({ spark: { installation }, pyspark }: Circumstances): Finding[] {
  const version = installation?.version;
  if (installation === undefined || version === undefined || pyspark === undefined) return [];
  if (minorOf(version) === minorOf(pyspark)) return [];
  return [
    {
      kind: 'spark-version',
      subject: 'pyspark',
      message:
        `The environment has pyspark ${pyspark}, but SPARK_HOME (${installation.home}) is Spark ${version}. ` +
        `A session of the two fails. Install pyspark==${minorOf(version)}.*, or unset SPARK_HOME.`
    }
  ];
}

function minorOf(version: string): string {
  return version.split('.').slice(0, 2).join('.');
}

/** The properties that name packages of Maven, whose names end with the version of Scala. */
const PACKAGE_KEYS = ['spark.jars.packages', 'spark.jars'];

/** Classes that were compiled for another Scala do not load. */
function scalaFindings({ spark: { installation, properties } }: Circumstances): Finding[] {
  const scala = installation?.scala;
  if (installation === undefined || scala === undefined) return [];
  return PACKAGE_KEYS.flatMap(key =>
    itemsOf(properties, key).flatMap((item): Finding[] => {
      const other = /_(2\.\d+|3)(?=[:-])/u.exec(item)?.[1];
      if (other === undefined || other === scala) return [];
      const name = withoutSecret(item);
      const message =
        `${key} in spark-defaults.conf names ${name}, which is for Scala ${other}; Spark ${installation.version ?? ''} ` +
        `in ${installation.home} has Scala ${scala}. Name the package for Scala ${scala}.`;
      return [{ kind: 'spark-version', subject: name, message }];
    })
  );
}

/** The item, or only the name of its file when the item holds a secret. */
function withoutSecret(item: string): string {
  return holdsSecret(item) ? item.replace(/[?#].*$/su, '').replace(/^.*\//su, '') : item;
}

function secretFindings({ spark: { properties } }: Circumstances, keys: ListKeys): Finding[] {
  return [keys.filesKey, keys.archivesKey]
    .filter(key => itemsOf(properties, key).some(holdsSecret))
    .map((key): Finding => ({
      kind: 'spark-defaults',
      subject: key,
      message:
        `${key} in spark-defaults.conf holds a URI with a password or a query, which the cell does not repeat: ` +
        'the session does not get this file. Take the secret out of the URI.'
    }));
}

/**
 * `--files` of PYSPARK_SUBMIT_ARGS wins over `spark.files` of the session (SparkSubmitArguments). On YARN Spark merges
 * the two.
 */
function argumentFindings({ env }: Circumstances, { filesKey, archivesKey }: ListKeys): Finding[] {
  const found = /(?:^|\s)--(files|archives)(?=[\s=])/u.exec(env['PYSPARK_SUBMIT_ARGS'] ?? '')?.[1];
  const key = `spark.${found}`;
  if (key !== filesKey && key !== archivesKey) return [];
  return [
    {
      kind: 'spark-defaults',
      subject: 'PYSPARK_SUBMIT_ARGS',
      message:
        `PYSPARK_SUBMIT_ARGS has --${found}, and Spark then ignores ${key} of the cell. ` +
        `Write ${key} into spark-defaults.conf instead: the cell adds to it.`
    }
  ];
}
