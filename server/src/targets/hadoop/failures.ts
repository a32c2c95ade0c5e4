import type { ErrorCode } from '../../contract/errors.js';
import { ShipEnvError } from '../../errors.js';
import { ProcessError } from '../../system/process/run.js';
import { HadoopFailure } from './helper.js';

/** The meaning of what Hadoop's client says, for the person. */
interface Meaning {
  /** Matches `<class>: <message>` of the exception or of one of its causes. */
  readonly says: RegExp;
  readonly code: ErrorCode;
  readonly found: string;
  readonly hint: string;
}

const KINIT = 'Run kinit where JupyterLab or ship-env runs, and ship again. A session keeps running meanwhile.';

/** The first row that matches decides. Rows of the login come first: many failures have one as their cause. */
const MEANINGS: readonly Meaning[] = [
  {
    says: /Ticket expired|TGT has expired|token .*(?:is expired|can't be found in cache)|CKR_.*EXPIRED|\(32\)/iu,
    code: 'TARGET_SIGNATURE',
    found: 'the Kerberos ticket has expired',
    hint: `${KINIT} The command klist shows the ticket.`
  },
  {
    says: /Clock skew too great/iu,
    code: 'TARGET_SIGNATURE',
    found: 'the clocks of this machine and of the Kerberos server differ too much',
    hint: 'Set the clock of this machine, run kinit and ship again.'
  },
  {
    says: /Cannot contact any KDC|SocketTimeoutException: Receive timed out|GSS initiate failed.*(?:Connection refused|timed out)|krb5.*(?:Connection refused|timed out)/iu,
    code: 'TARGET_REFUSED',
    found: 'the Kerberos server does not answer',
    hint: 'Check its address in krb5.conf (KRB5_CONFIG names the file) and the network, run kinit and ship again.'
  },
  {
    says: /Server not found in Kerberos database|invalid Kerberos principal|Cannot find KDC for|Cannot locate (?:default realm|KDC)|Can't get Kerberos realm/iu,
    code: 'TARGET_SIGNATURE',
    found: 'the Kerberos realm or principal of the servers is not the configured one',
    hint: 'Check krb5.conf (KRB5_CONFIG names the file) and hdfs-site.xml in HADOOP_CONF_DIR, then run kinit.'
  },
  {
    says: /SIMPLE authentication is not enabled/iu,
    code: 'TARGET_CREDENTIALS_MISSING',
    found: 'the cluster wants Kerberos, and the client’s configuration does not',
    hint: 'Let HADOOP_CONF_DIR name the configuration of this cluster, with hadoop.security.authentication=kerberos, and run kinit.'
  },
  {
    says: /Client cannot authenticate via|Failed to find any Kerberos tgt|No valid credentials provided|Unable to obtain password|LoginException|KerberosAuthException/iu,
    code: 'TARGET_CREDENTIALS_MISSING',
    found: 'there is no valid Kerberos ticket',
    hint: `${KINIT} KRB5CCNAME must name the same ticket cache for both. The command klist shows the ticket.`
  },
  {
    says: /UnknownHostException|java\.net\.UnknownHost|UnresolvedAddressException/u,
    code: 'TARGET_NAME_NOT_FOUND',
    found: 'the name of the cluster or of a server was not found',
    hint: 'A name service is known only from hdfs-site.xml: let HADOOP_CONF_DIR name the configuration of this cluster.'
  },
  {
    says: /StandbyException/u,
    code: 'TARGET_FAILED',
    found: 'the NameNode that was asked is on standby',
    hint: 'Use the URL of the name service (hdfs://cluster/…) and its configuration in HADOOP_CONF_DIR, or wait for the active NameNode.'
  },
  {
    says: /ConnectException|Connection refused|NoRouteToHost|Failed on local exception.*Connection reset/u,
    code: 'TARGET_REFUSED',
    found: 'no server answers there',
    hint: 'Check the URL’s host and port (or fs.defaultFS in HADOOP_CONF_DIR), and that the NameNode runs.'
  },
  {
    says: /ConnectTimeoutException|SocketTimeoutException/u,
    code: 'TARGET_TIMEOUT',
    found: 'a server did not answer in time',
    hint: 'Check the network and the firewall to the NameNode and the DataNodes, then ship again.'
  },
  {
    says: /SSLException|SSLHandshakeException|CertificateException/u,
    code: 'TARGET_TLS',
    found: 'the servers’ certificate is not trusted',
    hint: 'Name the trust store in ssl-client.xml in HADOOP_CONF_DIR.'
  },
  {
    says: /SafeModeException|Name node is in safe mode/u,
    code: 'TARGET_FAILED',
    found: 'the NameNode is in safe mode, in which nothing can be written',
    hint: 'After a start, it leaves this mode by itself: wait a minute and ship again. Otherwise ask the people who run it.'
  },
  {
    says: /QuotaExceededException|NSQuotaExceeded|DSQuotaExceeded/u,
    code: 'DISK_FULL',
    found: 'the quota of the folder is used up',
    hint: 'Remove old artifacts (ship-env prune), or ask for a larger quota.'
  },
  {
    says: /could only be (?:written|replicated) to 0/u,
    code: 'TARGET_FAILED',
    found: 'no DataNode took the data',
    hint: 'The DataNodes may be full or out of reach. On a secured cluster, dfs.data.transfer.protection in HADOOP_CONF_DIR must be the servers’.'
  },
  {
    says: /AccessControlException|Permission denied/u,
    code: 'TARGET_DENIED',
    found: 'this user lacks the permission',
    hint: 'Ask for write access to the folder, or choose one that you can write to.'
  },
  {
    says: /ParentNotDirectoryException|is not a directory/u,
    code: 'TARGET_BUCKET_MISSING',
    found: 'it, or a parent folder of it, is not a folder',
    hint: 'Check the path for a typing error.'
  },
  {
    says: /No FileSystem for scheme|UnsupportedFileSystemException|ClassNotFoundException|NoClassDefFoundError/u,
    code: 'TARGET_CLIENT_MISSING',
    found: 'the Hadoop client has no file system for such URLs',
    hint: 'Put the jar of this file system (and what it needs) into the jars of the Spark that the kernel uses.'
  },
  {
    says: /Incomplete HDFS URI|InvalidPathException|URISyntaxException|Invalid path name|not a valid DFS filename|Wrong FS/u,
    code: 'TARGET_URL_INVALID',
    found: 'the URL cannot be used',
    hint: 'Write hdfs://host:port/folder, or hdfs://cluster/folder for a name service of HADOOP_CONF_DIR. A name must not have a colon.'
  }
];

/**
 * Turns a failure of the helper into a ShipEnvError. Our own errors, aborts and bugs pass through.
 *
 * @param doing - the attempted action, with the target's URL: `Writing env-1.pex to hdfs://cluster/envs`
 */
export function hadoopError(error: unknown, doing: string): unknown {
  if (error instanceof ProcessError) return endedError(error, doing);
  if (!(error instanceof HadoopFailure)) return error;
  const said = error.chain.map(({ type, message }) => `${type}: ${message}`);
  const meaning = MEANINGS.find(({ says }) => said.some(each => says.test(each)));
  return new ShipEnvError(
    meaning?.code ?? 'TARGET_FAILED',
    `${doing} failed: ${meaning?.found ?? `Hadoop answered ${error.message}`}.`,
    { hint: meaning?.hint ?? 'Try the same with hdfs dfs, or ask the people who run the cluster.', cause: error }
  );
}

/** Is this an error of the login, which the helper keeps? */
export function isLoginFailure(error: unknown): boolean {
  return (
    error instanceof ShipEnvError && (error.code === 'TARGET_CREDENTIALS_MISSING' || error.code === 'TARGET_SIGNATURE')
  );
}

function endedError(error: ProcessError, doing: string): ShipEnvError {
  const last = error.stderrTail.trim().split('\n').slice(-3).join(' ');
  return new ShipEnvError(
    error.reason === 'not-found' || error.reason === 'not-executable' ? 'TARGET_CLIENT_MISSING' : 'TARGET_FAILED',
    `${doing} failed: the Hadoop client ended. ${error.message}${last === '' ? '' : ` It wrote: ${last}`}`,
    { hint: 'Check that Java starts (java -version) and that JAVA_HOME names it, then ship again.', cause: error }
  );
}
