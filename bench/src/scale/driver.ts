/** A Spark driver whose connections with executors pass counting proxies. */
import { freeAddress } from '../../../scripts/cluster/hadoop-sites.mjs';
import { Proxy } from '../store/proxy.js';

/** The address that the driver tells to executors: a second address of the loopback interface. */
const TOLD = '127.0.0.2';
const REAL = '127.0.0.1';

/** Two ports of a driver, each behind a proxy. */
export interface CountedDriver {
  /** Spark properties of the application. */
  readonly conf: Readonly<Record<string, string>>;
  /** Bytes that left the driver since the start: files, tasks and what else its executors asked for. */
  sentBytes(): number;
  stop(): Promise<void>;
}

/**
 * Starts the proxies. The driver binds to one address of the loopback interface and tells another one, on which the
 * proxies listen: so each byte of the driver's file server passes them.
 */
export async function countDriver(): Promise<CountedDriver> {
  const ports = await Promise.all(
    ['spark.driver.port', 'spark.driver.blockManager.port'].map(async name => {
      const address = await freeAddress();
      const [, port = ''] = address.split(':');
      const proxy = new Proxy(`http://${address}`);
      await proxy.start(Number(port), TOLD);
      return { name, port, proxy };
    })
  );
  return {
    conf: {
      'spark.driver.bindAddress': REAL,
      'spark.driver.host': TOLD,
      ...Object.fromEntries(ports.map(({ name, port }) => [name, port]))
    },
    sentBytes: () => ports.reduce((sum, { proxy }) => sum + proxy.receivedBytes, 0),
    stop: async () => {
      for (const { proxy } of ports) {
        await proxy.stop();
      }
    }
  };
}
