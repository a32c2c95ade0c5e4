import { readFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ask, type ApiServer } from '../../../scripts/cluster/kubernetes/api.mjs';
import { S3A_IN_IMAGE, sparkImage } from '../../../scripts/cluster/kubernetes/image.mjs';
import { startKubelet } from '../../../scripts/cluster/kubernetes/kubelet.mjs';
import { startMockApi } from '../../../scripts/cluster/kubernetes/mock-api.mjs';
import type { Pod } from '../../../scripts/cluster/kubernetes/pod.mjs';
import { S3A_JARS } from '../../../scripts/setup/hadoop.mjs';

// needs: kubernetes

/** A cluster with one node, on which pods are processes without a view of this machine's files. */
export interface Kubernetes {
  /** `k8s://http://127.0.0.1:<port>`. */
  readonly master: string;
  readonly server: ApiServer;
  /** The pods that the node started so far. */
  pods(): readonly Pod[];
  /** What a person's machine has for this cluster: environment variables of the driver. */
  clientEnv(properties?: Readonly<Record<string, string>>): Promise<Record<string, string>>;
  /** Ends all pods and servers. */
  stop(): Promise<void>;
}

/** Name of the Secret with an AWS credentials file, and where pods see it. */
const CREDENTIALS = { secret: 'aws', mount: '/var/aws' };

/** Properties of the person who uses a target in S3: jars and credentials of driver and executors. */
export const S3_PROPERTIES = {
  'spark.driver.extraClassPath': `${S3A_JARS}/*`,
  'spark.executor.extraClassPath': `${S3A_IN_IMAGE}/*`,
  [`spark.kubernetes.executor.secrets.${CREDENTIALS.secret}`]: CREDENTIALS.mount,
  'spark.executorEnv.AWS_SHARED_CREDENTIALS_FILE': `${CREDENTIALS.mount}/credentials`
};

/** A running API server. */
type RunningServer = ApiServer & { stop(): Promise<void> };

/**
 * Starts a node for an API server, by default the one in memory. The client's side has a spark-defaults.conf, as an
 * administrator would write it: image, one small executor, the driver's address.
 *
 * @param folder - for their working files
 * @param real - a real API server with permission for everything; stopped with the node
 */
export async function startKubernetes(folder: string, real?: RunningServer): Promise<Kubernetes> {
  const server = real ?? (await startMockApi());
  const node = {
    server,
    folder: join(folder, 'node'),
    image: sparkImage({ withS3a: true }),
    isReal: real !== undefined
  };
  try {
    const kubelet = await startKubelet(node);
    return {
      master: `k8s://${server.url}`,
      server,
      pods: () => kubelet.pods(),
      clientEnv: properties => writeDefaults(folder, { ...DEFAULTS, ...properties }),
      stop: async () => {
        await kubelet.stop();
        await server.stop();
      }
    };
  } catch (error) {
    await server.stop();
    throw error;
  }
}

/** Gives the pods a credentials file, as a Secret. */
export async function addCredentials(server: ApiServer, file: string): Promise<void> {
  await ask(server, 'POST', '/api/v1/namespaces/default/secrets', {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: CREDENTIALS.secret, namespace: 'default' },
    data: { credentials: (await readFile(file)).toString('base64') }
  });
}

const DEFAULTS = {
  'spark.ui.enabled': 'false',
  'spark.driver.host': '127.0.0.1',
  'spark.driver.bindAddress': '127.0.0.1',
  'spark.kubernetes.container.image': 'example.org/spark:4.3.0',
  'spark.executor.instances': '1',
  'spark.executor.cores': '1',
  'spark.executor.memory': '512m',
  'spark.executor.memoryOverheadFactor': '0.4'
};

async function writeDefaults(folder: string, properties: Record<string, string>): Promise<Record<string, string>> {
  const conf = join(folder, 'spark-conf');
  await mkdir(conf, { recursive: true });
  const lines = Object.entries(properties).map(([key, value]) => `${key} ${value}\n`);
  await writeFile(join(conf, 'spark-defaults.conf'), lines.join(''));
  return { SPARK_CONF_DIR: conf };
}
