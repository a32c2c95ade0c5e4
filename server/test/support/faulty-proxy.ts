import { once } from 'node:events';
import { createServer, request as send, type IncomingMessage } from 'node:http';
import { buffer } from 'node:stream/consumers';

/** A request on its way, for the function that decides about a fault. */
export interface Passing {
  readonly method: string;
  /** Path and query as sent. */
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
  /** Passes a body on and returns the server's answer. */
  forward(body?: Buffer): Promise<Answer>;
}

export interface Answer {
  readonly status: number;
  readonly headers?: IncomingMessage['headers'];
  readonly body?: Buffer | string;
}

/** The result of a fault: an answer, or `drop`, which cuts the connection without an answer. */
export type Fault = (passing: Passing) => Promise<Answer | 'drop'> | Answer | 'drop';

/**
 * A loopback proxy in front of a real server, with faults that a test chooses. The Host header passes unchanged, so
 * that signatures stay valid.
 */
export async function startFaultyProxy(
  endpoint: string,
  fault: Fault
): Promise<{ endpoint: string; stop(): Promise<void> }> {
  const proxy = createServer((incoming, outgoing) => {
    void (async () => {
      const { method = '', url: path = '', headers } = incoming;
      const body = await buffer(incoming);
      const forward = (changed = body): Promise<Answer> => pass(endpoint, method, path, headers, changed);
      const answer = await fault({ method, path, headers, body, forward });
      if (answer === 'drop') {
        incoming.socket.destroy();
        return;
      }
      // Only the server's own headers: when its date is removed, the answer has none.
      outgoing.sendDate = false;
      outgoing.writeHead(answer.status, answer.headers).end(answer.body);
    })().catch(() => incoming.socket.destroy());
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  const address = proxy.address();
  if (address === null || typeof address === 'string') throw new Error('The proxy does not listen.');
  return {
    endpoint: `http://127.0.0.1:${address.port}`,
    stop: async () => {
      proxy.closeAllConnections();
      proxy.close();
      await once(proxy, 'close');
    }
  };
}

/** The answer of a store that lacks a feature. */
export const NOT_IMPLEMENTED: Answer = {
  status: 501,
  headers: { 'content-type': 'application/xml' },
  body: '<?xml version="1.0" encoding="UTF-8"?><Error><Code>NotImplemented</Code><Message>No.</Message></Error>'
};

async function pass(
  endpoint: string,
  method: string,
  path: string,
  headers: IncomingMessage['headers'],
  body: Buffer
): Promise<Answer> {
  const { hostname, port } = new URL(endpoint);
  const request = send({ hostname, port, method, path, headers });
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    request.on('response', resolve).on('error', reject).end(body);
  });
  return { status: answer.statusCode ?? 0, headers: answer.headers, body: await buffer(answer) };
}
