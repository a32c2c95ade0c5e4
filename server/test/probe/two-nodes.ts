import { join } from 'node:path';
import { startOnFreshNode } from '../../../scripts/cluster/node.mjs';
import { startServer, type Server } from '../../../scripts/cluster/server.mjs';

/** A standalone cluster of two nodes. */
export interface TwoNodes {
  readonly master: string;
  stop(): Promise<void>;
}

/** Gives the node a host name, and makes its node root one in which nothing can be started when $2 says so. */
const ENTER = `
hostname "$1" || exit 1
[ "$2" != noexec ] || mount -t tmpfs -o noexec,mode=700 none "$SHIP_ENV_NODE_ROOT" || exit 1
shift 2
exec "$@"`;

/**
 * Starts a master, and a worker on each of two fresh nodes: `node-a`, and `node-b`, whose node root is mounted noexec.
 *
 * @param env - from makeSparkHome
 * @param hidden - folders that neither node sees
 * @param hiddenOnB - folders that node-b does not see either
 */
export async function startTwoNodes(
  folder: string,
  env: Record<string, string>,
  { hidden, hiddenOnB }: { readonly hidden: readonly string[]; readonly hiddenOnB: readonly string[] }
): Promise<TwoNodes> {
  const sparkClass = join(env['SPARK_HOME'] ?? '', 'bin', 'spark-class');
  const on = ['--host', '127.0.0.1', '--port', '0', '--webui-port', '0'];
  const servers: Server[] = [];
  const stop = async (): Promise<void> => {
    for (const server of servers.reverse()) await server.stop();
  };
  try {
    const master = await startServer({
      command: [sparkClass, 'org.apache.spark.deploy.master.Master', ...on],
      env,
      ready: /Starting Spark master at (spark:\/\/\S+)/
    });
    servers.push(master);
    const node = async (name: string, root: string, hide: readonly string[]): Promise<void> => {
      const place = join(folder, name);
      const worker = [sparkClass, 'org.apache.spark.deploy.worker.Worker', ...on, '--cores', '1', '--memory', '1g'];
      servers.push(
        await startOnFreshNode({
          folder: place,
          hidden: hide,
          command: [
            ...['unshare', '--uts', 'sh', '-c', ENTER, 'sh', name, root],
            ...[...worker, '--work-dir', join(place, 'work'), master.found]
          ],
          env: { ...env, SPARK_LOCAL_DIRS: join(place, 'tmp') },
          ready: /Successfully registered with master/
        })
      );
    };
    await node('node-a', 'exec', hidden);
    await node('node-b', 'noexec', [...hidden, ...hiddenOnB]);
    return { master: master.found, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
