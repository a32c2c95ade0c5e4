import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { access, constants, mkdir, mkdtemp, readFile, readdir, readlink, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import type { TargetSettings } from '../../src/contract/targets.js';

/** A pair of keys. */
export interface Keys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/**
 * A real S3 server (versitygw: signatures, checksums, users and bucket policies on) on a free port of 127.0.0.1, with
 * its data in a temporary folder. Nothing of it is left after {@link S3Server.stop}.
 */
export class S3Server {
  /** `http://127.0.0.1:<port>`, or https when it was started with a certificate. */
  readonly endpoint: string;
  /** May do everything. */
  readonly root: Keys;
  /** Folder whose sub-folders are the buckets. */
  readonly dataDirectory: string;
  readonly #process: ChildProcess;
  readonly #folder: string;
  readonly #profiles = new Map<string, Keys>();

  private constructor(process: ChildProcess, folder: string, endpoint: string, root: Keys) {
    this.#process = process;
    this.#folder = folder;
    this.endpoint = endpoint;
    this.root = root;
    this.dataDirectory = join(folder, 'data');
  }

  /** @param tls - paths of a PEM certificate and key, for https */
  static async start(tls?: { cert: string; key: string }): Promise<S3Server> {
    const binary = await findBinary();
    const folder = await mkdtemp(join(tmpdir(), 'ship-env-s3-'));
    const root = { accessKeyId: 'rootkey', secretAccessKey: 'root-secret-of-the-test' };
    await mkdir(join(folder, 'data'));
    await mkdir(join(folder, 'iam'));
    const child = spawn(
      binary,
      [
        ...['--port', '127.0.0.1:0', '--region', 'us-east-1', '--quiet', '--iam-dir', join(folder, 'iam')],
        ...(tls === undefined ? [] : ['--cert', tls.cert, '--key', tls.key]),
        ...['posix', join(folder, 'data')]
      ],
      {
        cwd: folder,
        env: { PATH: process.env['PATH'], ROOT_ACCESS_KEY: root.accessKeyId, ROOT_SECRET_KEY: root.secretAccessKey },
        stdio: ['ignore', 'ignore', 'pipe']
      }
    );
    // A runner that dies takes the server with it.
    process.once('exit', () => child.kill('SIGKILL'));
    const port = await listeningPort(child);
    const server = new S3Server(child, folder, `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`, root);
    await server.addProfile('root', root);
    return server;
  }

  /** A shared credentials file with every profile made so far: for `AWS_SHARED_CREDENTIALS_FILE`. */
  get credentialsFile(): string {
    return join(this.#folder, 'credentials');
  }

  /**
   * The environment in which the AWS SDKs find the profiles, and nothing of the machine's own.
   * Add every profile first: the SDK reads the file once.
   */
  get environment(): Record<string, string> {
    return {
      AWS_SHARED_CREDENTIALS_FILE: this.credentialsFile,
      AWS_CONFIG_FILE: join(this.#folder, 'config'),
      AWS_EC2_METADATA_DISABLED: 'true'
    };
  }

  /** Names a pair of keys, right or wrong, in the credentials file. */
  async addProfile(name: string, keys: Keys): Promise<void> {
    this.#profiles.set(name, keys);
    const sections = [...this.#profiles].map(
      ([profile, { accessKeyId, secretAccessKey }]) =>
        `[${profile}]\naws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secretAccessKey}\n`
    );
    await writeFile(this.credentialsFile, sections.join('\n'), { mode: 0o600 });
    await writeFile(join(this.#folder, 'config'), '');
  }

  /** A user without any right until a bucket policy gives it some; named as a profile too. */
  async createUser(name: string, keys: Keys): Promise<void> {
    await promisify(execFile)(await findBinary(), [
      ...[
        'admin',
        '--allow-insecure',
        '--endpoint-url',
        this.endpoint,
        '--access',
        this.root.accessKeyId,
        '--secret',
        this.root.secretAccessKey
      ],
      ...['create-user', '--access', keys.accessKeyId, '--secret', keys.secretAccessKey, '--role', 'user']
    ]);
    await this.addProfile(name, keys);
  }

  /** A client of the root user, for set-up and for looking behind the scenes. The caller destroys it. */
  client(): S3Client {
    return new S3Client({ endpoint: this.endpoint, region: 'us-east-1', forcePathStyle: true, credentials: this.root });
  }

  async createBucket(Bucket: string): Promise<void> {
    const client = this.client();
    await client.send(new CreateBucketCommand({ Bucket }));
    client.destroy();
  }

  /** Target settings for a `s3://` URL on this server, as the root user unless told otherwise. */
  settings(url: string, own: Partial<TargetSettings> = {}): TargetSettings {
    return {
      name: '',
      url,
      endpoint: this.endpoint,
      region: '',
      pathStyle: true,
      profile: 'root',
      shared: false,
      ...own
    };
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode === null && this.#process.signalCode === null) {
      const gone = once(this.#process, 'exit');
      this.#process.kill('SIGKILL');
      await gone;
    }
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** `$SHIP_ENV_TEST_S3_SERVER`, else where the set-up script puts it. */
async function findBinary(): Promise<string> {
  const path = process.env['SHIP_ENV_TEST_S3_SERVER'] || resolve(import.meta.dirname, '../../../.cache/bin/versitygw');
  try {
    await access(path, constants.X_OK);
  } catch (cause) {
    throw new Error(
      `The tests need the S3 server versitygw at ${path}. Run the set-up script, or name it in SHIP_ENV_TEST_S3_SERVER.`,
      { cause }
    );
  }
  return path;
}

/** The port that the process listens on. It chose one itself (port 0) but does not say which: the kernel does. */
async function listeningPort(child: ChildProcess): Promise<number> {
  let stderr = '';
  child.stderr?.on('data', (chunk: Buffer) => (stderr = (stderr + chunk.toString()).slice(-4000)));
  for (const start = Date.now(); Date.now() - start < 30_000;) {
    if (child.exitCode !== null || child.signalCode !== null) break;
    const port = child.pid === undefined ? undefined : await portOf(child.pid);
    if (port !== undefined) return port;
    await new Promise(done => setTimeout(done, 20));
  }
  child.kill('SIGKILL');
  throw new Error(`versitygw does not listen. It said:\n${stderr}`);
}

/** proc(5): a line of net/tcp has the local address in hex, the state (0A: listening) and the socket's inode. */
async function portOf(pid: number): Promise<number | undefined> {
  const descriptors = await readdir(`/proc/${pid}/fd`).catch(() => []);
  const links = await Promise.all(descriptors.map(fd => readlink(`/proc/${pid}/fd/${fd}`).catch(() => '')));
  const table = await readFile(`/proc/${pid}/net/tcp`, 'utf8').catch(() => '');
  for (const line of table.split('\n').slice(1)) {
    const [, local = '', , state, , , , , , inode] = line.trim().split(/\s+/u);
    if (state === '0A' && links.includes(`socket:[${inode ?? ''}]`))
      return Number.parseInt(local.split(':')[1] ?? '', 16);
  }
  return undefined;
}
