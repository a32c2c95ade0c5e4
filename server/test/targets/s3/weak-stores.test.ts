import { writeFile } from 'node:fs/promises';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { openTarget, type Target } from '../../../src/targets/index.js';
import { NOT_IMPLEMENTED, type Answer, type Fault } from '../../support/faulty-proxy.js';
import { calm, failure, makePayload, put } from '../../payloads/payloads.js';
import { useBucket } from './bucket.js';
import { SERVERS } from './servers.js';
import { readSmall } from '../../../src/targets/reading.js';

const small = makePayload('env-0000000a.pex', 1000);
const large = makePayload('env-0000000b.pex', 20 * 1024 * 1024);

async function names(target: Target): Promise<string[]> {
  const found: string[] = [];
  for await (const { name } of target.list(calm)) found.push(name);
  return found;
}

/** Sets variables for this test. */
function setEnvironment(variables: Record<string, string>): void {
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
  onTestFinished(() => void vi.unstubAllEnvs());
}

describe.each(SERVERS)('in front of $make, a store', server => {
  const bucket = useBucket(server.make);

  test.each([
    ['501', NOT_IMPLEMENTED],
    ['400 and no reason', { status: 400 }],
    ['403 and no reason', { status: 403 }]
  ])('that refuses to tell checksums with %s is asked without, once found out', async (_, refusal) => {
    let refused = 0;
    const target = await bucket.openBehind(bucket.freshUrl(), ({ headers, forward }) => {
      if (headers['x-amz-checksum-mode'] === undefined) return forward();
      refused += 1;
      return refusal;
    });
    await target.check(calm);
    for (const payload of [small, large]) {
      expect(await put(target, payload, { signal: calm })).toBe('created');
      await target.verify(payload, calm);
    }
    expect(refused).toBe(1);
    const remarks = target.remarks().join(' ');
    expect(remarks).toContain('does not tell the SHA-256');
    expect(remarks).toMatch(/read back and are as they were sent: .*env-0000000b\.pex/u);
  });

  test('that refuses what it does not know without a word is sent less', async () => {
    const target = await bucket.openBehind(bucket.freshUrl(), ({ headers, forward }) =>
      headers['if-none-match'] === undefined ? forward() : { status: 400, body: '<html>Bad Request</html>' }
    );
    for (const payload of [small, large]) {
      expect(await put(target, payload, { signal: calm })).toBe('created');
      expect(await put(target, payload, { signal: calm })).toBe('exists');
    }
    expect(target.remarks().join(' ')).toContain('no conditional writes');
  });

  test.each([
    ['an empty body', ''],
    ['a web page', '<html><body>Not found</body></html>']
  ])('that says what is missing by %s only is understood', async (_, body) => {
    const target = await bucket.openBehind(bucket.freshUrl(), async ({ path, forward }) => {
      const answer = await forward();
      return answer.status === 404 && path.includes('absent') ? { status: 404, body } : answer;
    });
    expect(await target.stat('absent', calm)).toBeUndefined();
    expect(await readSmall(target, 'absent', calm)).toBeUndefined();
    await target.remove('absent', calm);
  });

  test.each([500, 403, 501])('that answers %d with a web page gives an error that says what to do', async status => {
    const target = await bucket.openBehind(bucket.freshUrl(), () => ({ status, body: '<html>Oops <b>!</html>' }));
    for (const ask of [
      () => readSmall(target, 'x', calm),
      () => put(target, small, { signal: calm }),
      () => names(target)
    ]) {
      const error = await failure(ask());
      expect(['TARGET_FAILED', 'TARGET_DENIED']).toContain(error.code);
      expect(error.hint).not.toBe('');
    }
  });

  test.each<[string, (list: Answer) => Answer]>([
    ['does not know the second version of lists', () => NOT_IMPLEMENTED],
    [
      'does not say how its list goes on',
      ({ status, headers: { 'content-length': _, ...headers } = {}, body = '' }) => {
        const first = /<Contents>.*?<\/Contents>/su.exec(body.toString())?.[0] ?? '';
        const list = `<ListBucketResult><IsTruncated>true</IsTruncated>${first}</ListBucketResult>`;
        return { status, headers, body: list };
      }
    ]
  ])('that %s is listed whole', async (_, change) => {
    const url = bucket.freshUrl();
    const fault: Fault = async ({ path, forward }) => {
      const answer = await forward();
      return path.includes('list-type=2') ? change(answer) : answer;
    };
    const target = await bucket.openBehind(url, fault);
    const written = ['a', 'b', 'c'].map(letter => makePayload(`env-${letter}.pex`, 10));
    for (const payload of written) await put(target, payload, { signal: calm, isFree: true });
    expect(await names(target)).toEqual(written.map(({ name }) => name));
  });

  test('shows in the check and in what was sent whether it compares checksums', async () => {
    const target = await bucket.openBehind(bucket.freshUrl(), ({ forward }) => forward());
    const probe = await target.check(calm);
    const remarks = ('remarks' in probe && probe.remarks) || [];
    expect(remarks.join(' ').includes('does not compare')).toBe(!server.comparesChecksums);
    const reads: string[] = [];
    const watched = await bucket.openBehind(bucket.freshUrl(), ({ method, path, forward }) => {
      if (method === 'GET' && path.includes(large.name)) reads.push(path);
      return forward();
    });
    const arrival = await watched.write(
      { ...large, maximalBytes: large.bytes, spans: () => spansOf(large) },
      { signal: calm, reuse: () => Promise.resolve([]) }
    );
    await arrival?.verify(calm);
    // When checksums prove nothing, the ETags of the parts do.
    expect(reads.filter(path => !path.includes('uploadId='))).toEqual([]);
  });

  test('gets no checksum that could be left out when the AWS settings say when_required', async () => {
    setEnvironment({
      AWS_REQUEST_CHECKSUM_CALCULATION: 'when_required',
      AWS_RESPONSE_CHECKSUM_VALIDATION: 'WHEN_REQUIRED'
    });
    const sent: string[] = [];
    const target = await bucket.openBehind(bucket.freshUrl(), ({ headers, forward }) => {
      sent.push(...Object.keys(headers).filter(name => name.startsWith('x-amz-checksum')));
      return forward();
    });
    for (const payload of [small, large]) {
      expect(await put(target, payload, { signal: calm })).toBe('created');
      await target.verify(payload, calm);
    }
    expect(sent).toEqual([]);
    expect(target.remarks().join(' ')).toContain('the AWS settings forbid it');
  });

  test('gets the SDK’s own checksums when the profile says when_supported', async () => {
    await writeFile(
      process.env['AWS_CONFIG_FILE'] ?? '',
      '[profile root]\nrequest_checksum_calculation = when_supported\nresponse_checksum_validation = when_supported\n'
    );
    onTestFinished(() => writeFile(process.env['AWS_CONFIG_FILE'] ?? '', ''));
    const modes: string[] = [];
    const target = await bucket.openBehind(bucket.freshUrl(), ({ method, headers, forward }) => {
      if (method === 'GET' && headers['x-amz-checksum-mode'] !== undefined) modes.push(method);
      return forward();
    });
    for (const payload of [small, large]) {
      expect(await put(target, payload, { signal: calm })).toBe('created');
      await target.verify(payload, calm);
    }
    await readSmall(target, small.name, calm);
    expect(modes).not.toEqual([]);
  });
});

describe('the files in ~/.aws', () => {
  const bucket = useBucket();

  test('are read anew by each ship: replaced keys need no restart', async () => {
    const open = async (): Promise<Target> => {
      const target = await openTarget(bucket.server.settings('s3://ship/keys', { profile: 'rotated' }));
      onTestFinished(() => target.close());
      return target;
    };
    await bucket.server.addProfile('rotated', { ...bucket.server.root, secretAccessKey: 'of-yesterday' });
    expect(await failure(put(await open(), small, { signal: calm }))).toMatchObject({ code: 'TARGET_SIGNATURE' });
    await bucket.server.addProfile('rotated', bucket.server.root);
    expect(await put(await open(), small, { signal: calm })).toBe('created');
  });

  test('a switch of checksums that the SDK does not know is told', async () => {
    setEnvironment({ AWS_REQUEST_CHECKSUM_CALCULATION: 'sometimes' });
    expect(await failure(bucket.open('s3://ship/x'))).toMatchObject({
      code: 'SETTINGS_INVALID',
      message: expect.stringContaining('AWS_REQUEST_CHECKSUM_CALCULATION')
    });
  });
});

/** A payload as one span. */
async function* spansOf(payload: typeof large): AsyncGenerator<{
  bytes: number;
  content: undefined;
  read: (into: Buffer, position: number) => Promise<void>;
  check: () => Promise<void>;
}> {
  const chunks: Buffer[] = [];
  for await (const chunk of payload.open()) chunks.push(Buffer.from(chunk as Uint8Array));
  const content = Buffer.concat(chunks);
  yield {
    bytes: content.length,
    content: undefined,
    read: (into, position) => {
      content.copy(into, 0, position, position + into.length);
      return Promise.resolve();
    },
    check: () => Promise.resolve()
  };
}
