import { describe, expect, test } from 'vitest';
import { ShipEnvError } from '../../../src/errors.js';
import { ProcessError } from '../../../src/system/process/run.js';
import { hadoopError, isLoginFailure } from '../../../src/targets/hadoop/failures.js';
import { HadoopFailure } from '../../../src/targets/hadoop/helper.js';

/** What real clients of Hadoop 3.5 said, shortened: an exception and its causes. */
const SAID: readonly (readonly [code: string, found: string, ...chain: (readonly [string, string])[]])[] = [
  [
    'TARGET_CREDENTIALS_MISSING',
    'no valid Kerberos ticket',
    [
      'java.io.IOException',
      'DestHost:destPort localhost:1 , LocalHost:localPort x/127.0.0.1:0. Failed on local exception'
    ],
    [
      'java.io.IOException',
      'org.apache.hadoop.security.AccessControlException: Client cannot authenticate via:[TOKEN, KERBEROS]'
    ],
    ['org.apache.hadoop.security.AccessControlException', 'Client cannot authenticate via:[TOKEN, KERBEROS]']
  ],
  [
    'TARGET_SIGNATURE',
    'has expired',
    ['javax.security.sasl.SaslException', 'GSS initiate failed'],
    ['sun.security.krb5.KrbException', 'Ticket expired (32)']
  ],
  [
    'TARGET_REFUSED',
    'Kerberos server does not answer',
    ['java.io.IOException', 'GSS initiate failed [Caused by GSSException: (Mechanism level: Connection refused)]']
  ],
  [
    'TARGET_SIGNATURE',
    'realm or principal',
    [
      'java.lang.IllegalArgumentException',
      'Server has invalid Kerberos principal: nn/localhost@A, expecting: nn/localhost@B'
    ]
  ],
  [
    'TARGET_CREDENTIALS_MISSING',
    'wants Kerberos',
    [
      'org.apache.hadoop.security.AccessControlException',
      'SIMPLE authentication is not enabled.  Available:[TOKEN, KERBEROS]'
    ]
  ],
  [
    'TARGET_NAME_NOT_FOUND',
    'was not found',
    ['java.lang.IllegalArgumentException', 'java.net.UnknownHostException: cluster']
  ],
  [
    'TARGET_REFUSED',
    'no server answers',
    ['java.net.ConnectException', 'Call From x/127.0.0.1 to localhost:1 failed on connection exception'],
    ['java.net.ConnectException', 'Connection refused']
  ],
  [
    'TARGET_FAILED',
    'standby',
    ['org.apache.hadoop.ipc.StandbyException', 'Operation category READ is not supported in state standby']
  ],
  [
    'TARGET_FAILED',
    'safe mode',
    ['org.apache.hadoop.hdfs.server.namenode.SafeModeException', 'Cannot create file /x.']
  ],
  [
    'DISK_FULL',
    'quota',
    ['org.apache.hadoop.hdfs.protocol.DSQuotaExceededException', 'The DiskSpace quota of /x is exceeded']
  ],
  [
    'TARGET_FAILED',
    'no DataNode',
    ['java.io.IOException', 'File /x could only be written to 0 of the 1 minReplication nodes.']
  ],
  [
    'TARGET_DENIED',
    'permission',
    ['org.apache.hadoop.security.AccessControlException', 'Permission denied: user=ann, access=WRITE, inode="/"']
  ],
  [
    'TARGET_BUCKET_MISSING',
    'not a folder',
    ['org.apache.hadoop.fs.ParentNotDirectoryException', '/a (is not a directory)']
  ],
  [
    'TARGET_CLIENT_MISSING',
    'no file system',
    ['org.apache.hadoop.fs.UnsupportedFileSystemException', 'No FileSystem for scheme "gs"']
  ],
  ['TARGET_URL_INVALID', 'cannot be used', ['java.io.IOException', 'Incomplete HDFS URI, no host: hdfs:/x']],
  ['TARGET_FAILED', 'java.io.IOException: disk on fire', ['java.io.IOException', 'disk on fire\n\tat of.the.Server']]
];

describe('what Hadoop says', () => {
  test.each(SAID)('is %s where it means: %s', (code, found, ...chain) => {
    const error = hadoopError(
      new HadoopFailure(chain.map(([type = '', message = '']) => ({ type, message }))),
      'Listing hdfs://x/y'
    );
    expect(error).toBeInstanceOf(ShipEnvError);
    const { message, hint } = error as ShipEnvError;
    expect(error).toMatchObject({ code });
    expect(message).toMatch(/^Listing hdfs:\/\/x\/y failed: .*\.$/u);
    expect(message).toContain(found);
    expect(hint).not.toBe('');
    const isOfLogin = code === 'TARGET_CREDENTIALS_MISSING' || code === 'TARGET_SIGNATURE';
    expect(isLoginFailure(error)).toBe(isOfLogin);
    expect(!isOfLogin || hint.includes('kinit'), hint).toBe(true);
  });
});

test('a client that ends tells its last words', () => {
  const ended = new ProcessError('java ended with exit code 1.', {
    reason: 'exit-code',
    exitCode: 1,
    stdoutTail: '',
    stderrTail: 'Error: Could not reserve enough space\n',
    cause: undefined
  });
  expect(hadoopError(ended, 'Listing hdfs://x/y')).toMatchObject({
    code: 'TARGET_FAILED',
    message: expect.stringContaining('Could not reserve enough space')
  });
});

test('errors of ours, aborts and bugs stay what they are', () => {
  for (const error of [new ShipEnvError('DISK_FULL', 'x'), new Error('bug'), new DOMException('stop', 'AbortError')])
    expect(hadoopError(error, 'x')).toBe(error);
});
