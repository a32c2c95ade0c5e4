import type { ClusterFacts, Misfit, NodeFacts, Remark } from '../contract/probe.js';
import { count } from '../text/count.js';
import type { EnvironmentFacts } from './environment-facts.js';
import { anotherPython, pythonOf, versionText, type Verdict } from './judge-platform.js';
import { misfitsOf } from './judge-wheels.js';
import { clockCheck, diskCheck, folderCheck, rootCheck, type Check } from './node-checks.js';
import { parseLibc, platformText, type Platform } from './platform.js';

/** What the person told about the target. */
export interface TargetOptions {
  /** Every node sees the directory of the target, and Spark does not copy the artifact. */
  readonly shared: boolean;
}

/**
 * Would what ships run on these nodes? Pure. The same sentence about several nodes is told once, with their names.
 */
export function judgeCluster(environment: EnvironmentFacts, cluster: ClusterFacts, { shared }: TargetOptions): Verdict {
  const checks: ((node: NodeFacts) => Check)[] = [
    node => pythonCheck(environment, node),
    node => sparkCheck(node, cluster.driverSpark),
    folderCheck,
    node => rootCheck(node, environment.bytes),
    node => diskCheck(node, environment.bytes),
    clockCheck
  ];
  const found = checks.flatMap(check => told(cluster.nodes, check));
  const misfits = nodeMisfits(environment, cluster.nodes);
  return {
    remarks: [
      ...found,
      ...targetRemarks(cluster, shared),
      ...(misfits.length === 0 ? [] : [wheelsRemark(environment, misfits, cluster.nodes)]),
      ...told(cluster.nodes, node => ({ level: 'good', text: `have ${summary(environment, node)}.`, hint: '' }))
    ],
    misfits
  };
}

function told(nodes: readonly NodeFacts[], check: (node: NodeFacts) => Check): Remark[] {
  const hosts = new Map<string, { found: NonNullable<Check>; hosts: Set<string> }>();
  for (const node of nodes) {
    const found = check(node);
    if (found === undefined) continue;
    const key = `${found.level}\0${found.text}`;
    const known = hosts.get(key) ?? { found, hosts: new Set() };
    known.hosts.add(node.host);
    hosts.set(key, known);
  }
  return [...hosts.values()].map(({ found: { level, text, hint }, hosts: on }) => {
    return { level, message: `${hostsText([...on])} ${on.size === 1 ? singular(text) : text}`, hint };
  });
}

/** The first names, and how many more there are. */
const MOST_HOSTS = 3;

function hostsText(hosts: readonly string[]): string {
  const rest = hosts.length - MOST_HOSTS;
  const names = hosts.slice(0, MOST_HOSTS).join(', ');
  if (hosts.length === 1) return `The node ${names}`;
  return `The nodes ${names}${rest > 0 ? ` and ${count(rest, 'other')}` : ''}`;
}

/** Checks are worded for several nodes. */
function singular(text: string): string {
  return text
    .replace(/^have /, 'has ')
    .replace(/^run /, 'runs ')
    .replace(/^start /, 'starts ')
    .replace(/^unpack /, 'unpacks ');
}

function pythonCheck(environment: EnvironmentFacts, { python, pythons }: NodeFacts): Check {
  if (environment.includesInterpreter) return undefined;
  const own = pythonOf(environment);
  const wanted = versionText(own);
  if (python === undefined) {
    const [other] = pythons;
    if (other === undefined) {
      return {
        level: 'problem',
        text: `have no python on the PATH of the executors, and the environment needs Python ${wanted}.`,
        hint: `Install Python ${wanted} on the nodes, set spark.executorEnv.SHIP_ENV_PYTHON to where it is, or ship the interpreter too: --format archive --include-interpreter.`
      };
    }
    const there = pythons.map(({ version, path }) => `Python ${version} (${path})`).join(' and ');
    const minor = other.version.split('.').slice(0, 2).join('.');
    return {
      level: 'problem',
      text: `have ${there}, and the environment needs Python ${wanted}.`,
      hint: anotherPython(own, { minor, isFreeThreaded: other.implementation.endsWith('t') })
    };
  }
  const kind = `cpython${own.isFreeThreaded ? 't' : ''}`;
  if (python.implementation === kind) return undefined;
  return {
    level: 'problem',
    text: `start ${python.path}, which is a ${python.implementation}, and the environment is of ${kind}.`,
    hint: `Set spark.executorEnv.SHIP_ENV_PYTHON to a ${kind} ${wanted}.`
  };
}

function sparkCheck({ spark }: NodeFacts, driver: string): Check {
  if (spark === '' || spark === driver) return undefined;
  const minorOf = (version: string): string => version.split('.').slice(0, 2).join('.');
  const isOther = minorOf(spark) !== minorOf(driver);
  return {
    level: isOther ? 'problem' : 'warning',
    text: `run Spark ${spark}, and the driver runs Spark ${driver}.`,
    hint: `Install the version of the cluster beside the kernel: pip install pyspark==${spark}.`
  };
}

function targetRemarks({ target, nodes }: ClusterFacts, shared: boolean): Remark[] {
  const remarks: Remark[] = [];
  if (target.state === 'read') {
    const who = nodes.length === 1 ? 'The node' : 'Every node';
    remarks.push({
      level: 'good',
      message: `${who} that answered read an object of the target through Spark.`,
      hint: ''
    });
  }
  if (target.state === 'failed') {
    remarks.push({
      level: 'problem',
      message: `Spark could not bring an object of the target to the nodes: ${target.message}`,
      hint: 'See docs/targets.md: the nodes need the network, the credentials and the jars of this kind of target.'
    });
  }
  if (target.state === 'not-tried') {
    remarks.push({
      level: 'warning',
      message: 'The directory of the target does not exist yet, so no node was asked to read from it.',
      hint: 'The first ship makes it. Is the path spelt right?'
    });
  }
  const { blind = [] } = target;
  if (blind.length > 0 && shared) {
    remarks.push({
      level: 'problem',
      message: `${hostsText(blind)} ${blind.length === 1 ? 'does' : 'do'} not see the directory of the target under its path.`,
      hint: 'Mount the share on every node under this path, or leave out --shared: then Spark copies the artifact to the nodes.'
    });
  }
  return remarks;
}

function nodeMisfits(environment: EnvironmentFacts, nodes: readonly NodeFacts[]): Misfit[] {
  const own = pythonOf(environment);
  const all = nodes.flatMap(node => misfitsOf(environment.wheels, own, platformOf(node)));
  return [...new Map(all.map(misfit => [`${misfit.name}\0${misfit.reason}`, misfit])).values()];
}

function platformOf({ architecture, libc }: NodeFacts): Platform {
  return { architecture, libc: parseLibc(libc) };
}

function wheelsRemark(environment: EnvironmentFacts, misfits: readonly Misfit[], nodes: readonly NodeFacts[]): Remark {
  const names = new Set(misfits.map(({ name }) => name)).size;
  const own = pythonOf(environment);
  const on = nodes.filter(node => misfitsOf(environment.wheels, own, platformOf(node)).length > 0);
  const platforms = [...new Set(on.map(node => platformText(platformOf(node))))].join(' and ');
  return {
    level: 'problem',
    message: `${names} of ${count(environment.wheels.length, 'distribution')} would not run on ${platforms}: ${hostsText([...new Set(on.map(({ host }) => host))]).replace('The', 'the')}.`,
    hint: 'Install versions that fit, or make the environment on a machine like the nodes and ship from there.'
  };
}

function summary(environment: EnvironmentFacts, node: NodeFacts): string {
  const { python, spark } = node;
  return [
    ...(python === undefined || environment.includesInterpreter ? [] : [`Python ${python.version} at ${python.path}`]),
    platformText(platformOf(node)),
    ...(spark === '' ? [] : [`Spark ${spark}`])
  ].join(', ');
}
