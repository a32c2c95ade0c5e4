/** Target 12: the rate at which a file goes to HDFS, compared with Hadoop's own `-put`, and with WebHDFS. */
import { createHash, randomBytes } from 'node:crypto';
import { closeSync, createReadStream, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { startHdfs, type Hdfs } from '../../../scripts/cluster/hdfs.mjs';
import { installHadoopServers } from '../../../scripts/setup/hadoop.mjs';
import { paths, pythonOf } from '../../../scripts/lib/paths.mjs';
import { interleaved, median } from '../measuring/figures.js';
import { WebHdfsTarget, openTarget, targetSettings } from '../product.js';
import { asRatio } from '../report/units.js';
import type { Part } from './part.js';

const RUNS = { smoke: 1, default: 3, full: 5 };
const BLOCK = 8 * 1024 ** 2;
const BLOCKS = { smoke: 8, default: 50, full: 125 };

type Target = Awaited<ReturnType<typeof openTarget>>;
type Payload = Parameters<Target['verify']>[0];

export const hdfs: Part = {
  name: 'hdfs',
  title: 'HDFS',
  async run(bench) {
    await installHadoopServers();
    const folder = join(bench.work, 'hdfs');
    mkdirSync(folder, { recursive: true });
    const file = join(folder, 'env-00000001.pex');
    const payload = writeRandom(file, BLOCKS[bench.scale]);
    const server = await startHdfs({ folder, env: bench.env });
    process.env['HADOOP_CONF_DIR'] = server.configuration;
    try {
      const rates = await interleaved(RUNS[bench.scale], {
        'ship-env': async () => rateOf(payload, () => putByTarget(server, payload)),
        'hdfs dfs -put': async () => rateOf(payload, () => putByShell(server, file)),
        WebHDFS: async () => rateOf(payload, () => putByHttp(server, payload))
      });
      const { results } = bench;
      const part = `a file of ${payload.bytes / 1024 ** 2} MiB to HDFS, with the start of each client`;
      Object.entries(rates).forEach(([who, values]) => results.row(part, who, 'bytes/s', values));
      const found = median(rates['ship-env']) / median(rates['hdfs dfs -put']);
      const what = 'throughput of a put to HDFS, to hdfs dfs -put';
      results.judge({ target: 12, what, found, bound: 0.9, sense: 'at least', show: asRatio });
    } finally {
      delete process.env['HADOOP_CONF_DIR'];
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  }
};

/** Starts a helper, writes and verifies. */
async function putByTarget({ url }: Hdfs, payload: Payload): Promise<void> {
  const settings = targetSettings.parse({ name: '', url: `${url}/bench/ours` });
  await put(await openTarget(settings, pythonOf(paths.venv)), payload);
}

async function putByHttp({ http }: Hdfs, payload: Payload): Promise<void> {
  await put(new WebHdfsTarget(http, '/bench/http', userInfo().username), payload);
}

async function putByShell(server: Hdfs, file: string): Promise<void> {
  await server.run('org.apache.hadoop.fs.FsShell', '-put', '-f', file, '/');
}

async function put(target: Target, payload: Payload): Promise<void> {
  const { signal } = new AbortController();
  await target.remove(payload.name, signal);
  await target.write(payload, { signal });
  target.close();
}

/** @returns bytes in a second */
async function rateOf({ bytes }: Payload, work: () => Promise<void>): Promise<number> {
  const started = performance.now();
  await work();
  return (bytes / (performance.now() - started)) * 1000;
}

function writeRandom(file: string, blocks: number): Payload {
  const hash = createHash('sha256');
  const out = openSync(file, 'w');
  for (let block = 0; block < blocks; block += 1) {
    const bytes = randomBytes(BLOCK);
    writeSync(out, bytes);
    hash.update(bytes);
  }
  closeSync(out);
  return {
    name: 'env-00000001.pex',
    bytes: blocks * BLOCK,
    sha256: hash.digest('hex'),
    open: range => createReadStream(file, range === undefined ? {} : { start: range.start, end: range.end - 1 })
  };
}
