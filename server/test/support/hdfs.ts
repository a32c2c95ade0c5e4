import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startHdfs, type Hdfs } from '../../../scripts/cluster/hdfs.mjs';
import { pythonOf, paths } from '../../../scripts/lib/paths.mjs';
import { targetSettings } from '../../src/contract/target-settings.js';
import { openTarget, type Target } from '../../src/targets/index.js';
import { removeFolder } from './temporary.js';

// needs: hadoop

/** A python whose pyspark has a Hadoop client: that of this project. */
export const PYTHON = pythonOf(paths.venv);

/** A real HDFS with one DataNode, and simple authentication. */
export class HdfsServer {
  readonly url: string;
  /** Host and port of WebHDFS. */
  readonly http: string;
  readonly configuration: string;
  readonly #hdfs: Hdfs;
  readonly #folder: string;
  #places = 0;

  private constructor(hdfs: Hdfs, folder: string) {
    this.url = hdfs.url;
    this.http = hdfs.http;
    this.configuration = hdfs.configuration;
    this.#hdfs = hdfs;
    this.#folder = folder;
  }

  static async start(): Promise<HdfsServer> {
    const folder = await mkdtemp(join(tmpdir(), 'ship-env-hdfs-'));
    try {
      return new HdfsServer(await startHdfs({ folder, env: process.env }), folder);
    } catch (error) {
      await removeFolder(folder);
      throw error;
    }
  }

  async stop(): Promise<void> {
    await this.#hdfs.stop();
    await removeFolder(this.#folder);
  }

  /** A folder that does not exist yet, and that no other test uses. */
  fresh(): string {
    this.#places += 1;
    return `${this.url}/test-${this.#places}/envs`;
  }

  /** All names in a folder, sorted. @param path - without the server */
  async namesIn(path: string): Promise<string[]> {
    const answer = await fetch(`http://${this.http}/webhdfs/v1${path}?op=LISTSTATUS`);
    if (answer.status === 404) return [];
    const { FileStatuses } = (await answer.json()) as { FileStatuses: { FileStatus: { pathSuffix: string }[] } };
    return FileStatuses.FileStatus.map(({ pathSuffix }) => pathSuffix).sort();
  }

  /** Runs a class of Hadoop's, with the configuration of this HDFS. */
  run(name: string, ...args: string[]): Promise<string> {
    return this.#hdfs.run(name, ...args);
  }
}

/** Opens a target with the Hadoop client of this project's pyspark. */
export function openAt(url: string): Promise<Target> {
  return openTarget(targetSettings.parse({ name: '', url }), PYTHON);
}
