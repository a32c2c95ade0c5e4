import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { access, constants, mkdir, mkdtemp, readFile, readdir, readlink, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import type { SettingsOf } from '../../src/contract/target-settings.js';

/** A pair of access keys. */
export interface Keys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

const ROOT: Keys = { accessKeyId: 'rootkey', secretAccessKey: 'root-secret-of-the-test' };

/** The kinds of S3 server in the tests; test/targets/s3/servers.ts lists what each can do. */
export type Make = 'versitygw' | 'moto';

/**
 * A real S3 server on a free port of 127.0.0.1. {@link S3Server.stop} removes all its files.
 *
 * versitygw keeps its data in a temporary folder, with signatures, checksums, users and bucket policies on. moto keeps
 * them in memory and accepts any keys.
 */
export class S3Server {
  readonly make: Make;
  /** `http://127.0.0.1:<port>`, or https when it was started with a certificate. */
  readonly endpoint: string;
  /** The root user with all permissions. */
  readonly root: Keys = ROOT;
  readonly #process: ChildProcess;
  readonly #folder: string;
  readonly #profiles = new Map<string, Keys>();

  private constructor(make: Make, process: ChildProcess, folder: string, endpoint: string) {
    this.make = make;
    this.#process = process;
    this.#folder = folder;
    this.endpoint = endpoint;
  }

  /** versitygw. @param tls - paths of a PEM certificate and key, for https */
  static async start(tls?: { cert: string; key: string }): Promise<S3Server> {
    const binary = await findProgram(VERSITYGW);
    const folder = await mkdtemp(join(tmpdir(), 'ship-env-s3-'));
    await mkdir(join(folder, 'data'));
    await mkdir(join(folder, 'iam'));
    const args = [
      ...['--port', '127.0.0.1:0', '--region', 'us-east-1', '--quiet', '--iam-dir', join(folder, 'iam')],
      ...(tls === undefined ? [] : ['--cert', tls.cert, '--key', tls.key]),
      ...['posix', join(folder, 'data')]
    ];
    const keys = { ROOT_ACCESS_KEY: ROOT.accessKeyId, ROOT_SECRET_KEY: ROOT.secretAccessKey };
    return S3Server.#launch('versitygw', binary, args, { folder, keys, scheme: tls === undefined ? 'http' : 'https' });
  }

  /** moto's server, which has the weaknesses of many small stores. */
  static async startMoto(): Promise<S3Server> {
    const binary = await findProgram(MOTO);
    const folder = await mkdtemp(join(tmpdir(), 'ship-env-s3-'));
    return S3Server.#launch('moto', binary, ['-H', '127.0.0.1', '-p', '0'], { folder, keys: {}, scheme: 'http' });
  }

  static async #launch(
    make: Make,
    binary: string,
    args: string[],
    { folder, keys, scheme }: { folder: string; keys: Record<string, string>; scheme: string }
  ): Promise<S3Server> {
    const env = { PATH: process.env['PATH'], TMPDIR: folder, ...keys };
    const child = spawn(binary, args, { cwd: folder, env, stdio: ['ignore', 'ignore', 'pipe'] });
    // The server ends when the test runner dies.
    process.once('exit', () => child.kill('SIGKILL'));
    const port = await listeningPort(child, make);
    const server = new S3Server(make, child, folder, `${scheme}://127.0.0.1:${port}`);
    await server.addProfile('root', ROOT);
    return server;
  }

  /** Folder of versitygw whose sub-folders are the buckets. */
  get dataDirectory(): string {
    return join(this.#folder, 'data');
  }

  /** A shared credentials file with all profiles so far, for `AWS_SHARED_CREDENTIALS_FILE`. */
  get credentialsFile(): string {
    return join(this.#folder, 'credentials');
  }

  /**
   * Environment variables with which the AWS SDKs find these profiles and no settings of the machine. Add every profile
   * first: the SDK reads the file once.
   */
  get environment(): Record<string, string> {
    return {
      AWS_SHARED_CREDENTIALS_FILE: this.credentialsFile,
      AWS_CONFIG_FILE: join(this.#folder, 'config'),
      AWS_EC2_METADATA_DISABLED: 'true'
    };
  }

  /** Adds a pair of keys, right or wrong, to the credentials file. */
  async addProfile(name: string, keys: Keys): Promise<void> {
    this.#profiles.set(name, keys);
    const sections = [...this.#profiles].map(
      ([profile, { accessKeyId, secretAccessKey }]) =>
        `[${profile}]\naws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secretAccessKey}\n`
    );
    await writeFile(this.credentialsFile, sections.join('\n'), { mode: 0o600 });
    await writeFile(join(this.#folder, 'config'), '');
  }

  /** A user of versitygw without permissions until a bucket policy gives it some; it is also a profile. */
  async createUser(name: string, keys: Keys): Promise<void> {
    await promisify(execFile)(await findProgram(VERSITYGW), [
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

  /** A client of the root user, for set-up and direct access. The caller destroys it. */
  client(): S3Client {
    return new S3Client({ endpoint: this.endpoint, region: 'us-east-1', forcePathStyle: true, credentials: this.root });
  }

  async createBucket(Bucket: string): Promise<void> {
    const client = this.client();
    await client.send(new CreateBucketCommand({ Bucket }));
    client.destroy();
  }

  /** Target settings for a `s3://` URL on this server, as the root user unless told otherwise. */
  settings(url: string, own: Partial<SettingsOf<'s3'>> = {}): SettingsOf<'s3'> {
    return {
      kind: 's3',
      name: '',
      url,
      endpoint: this.endpoint,
      region: '',
      pathStyle: true,
      profile: 'root',
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

/** A program that the set-up script installs, unless a variable names another one. */
interface Program {
  readonly name: string;
  readonly variable: string;
  /** Path below the checkout. */
  readonly path: string;
}

// needs: s3
const VERSITYGW: Program = { name: 'versitygw', variable: 'SHIP_ENV_TEST_S3_SERVER', path: '.cache/bin/versitygw' };
const MOTO: Program = { name: 'moto', variable: 'SHIP_ENV_TEST_MOTO_SERVER', path: '.cache/moto/bin/moto_server' };

async function findProgram({ name, variable, path: usual }: Program): Promise<string> {
  const path = process.env[variable] || resolve(import.meta.dirname, '../../..', usual);
  try {
    await access(path, constants.X_OK);
  } catch (cause) {
    throw new Error(
      `The tests need the S3 server ${name} at ${path}. Run "npm run setup", or name it in ${variable}.`,
      { cause }
    );
  }
  return path;
}

/**
 * The port on which the process listens, asked from the kernel: the process chose a free one (port 0) and does not
 * print it.
 */
async function listeningPort(child: ChildProcess, make: Make): Promise<number> {
  let stderr = '';
  child.stderr?.on('data', (chunk: Buffer) => (stderr = (stderr + chunk.toString()).slice(-4000)));
  for (const start = Date.now(); Date.now() - start < 60_000;) {
    if (child.exitCode !== null || child.signalCode !== null) break;
    const port = child.pid === undefined ? undefined : await portOf(child.pid);
    if (port !== undefined) return port;
    await new Promise(done => setTimeout(done, 20));
  }
  child.kill('SIGKILL');
  throw new Error(`${make} does not listen. It said:\n${stderr}`);
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
