/** A proxy on loopback in front of a server (S3, a Spark driver), which counts and delays the bytes. */
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** How many bytes may be in flight in one direction of one connection; then the sender waits. */
const WINDOW_BYTES = 64 * 1024 ** 2;

/** Passes bytes through unchanged, so that signatures stay valid. */
export class Proxy {
  /** Bytes from clients to the server, TCP payload: HTTP's headers too. Set it back to 0 before you measure. */
  sentBytes = 0;
  /** Bytes from the server to clients. */
  receivedBytes = 0;
  /** Delay of each byte in either direction; a round trip takes twice as long. Set it between runs. */
  delayMs = 0;
  readonly #sockets = new Set<Socket>();
  readonly #server = createServer();

  /** @param endpoint - `http://host:port` of the real server */
  constructor(endpoint: string) {
    const { hostname, port } = new URL(endpoint);
    this.#server.on('connection', client => {
      const server = connect(Number(port), hostname);
      for (const socket of [client, server]) {
        this.#sockets.add(socket);
        socket.setNoDelay(true);
        // When one connection breaks, its end closes the connection on the other side.
        socket.on('error', () => socket.destroy());
        socket.on('close', () => this.#sockets.delete(socket));
      }
      this.#pass(client, server, bytes => (this.sentBytes += bytes));
      this.#pass(server, client, bytes => (this.receivedBytes += bytes));
    });
  }

  /**
   * @param port - to listen on; 0: any
   * @param host - an address of the loopback interface
   * @returns `http://<host>:<port>`
   */
  async start(port = 0, host = '127.0.0.1'): Promise<string> {
    this.#server.listen(port, host);
    await once(this.#server, 'listening');
    const address = this.#server.address();
    if (address === null || typeof address === 'string') {
      throw new Error('The proxy does not listen.');
    }
    return `http://${host}:${address.port}`;
  }

  /** Ends all connections. */
  async stop(): Promise<void> {
    this.#sockets.forEach(socket => socket.destroy());
    this.#server.close();
    await once(this.#server, 'close');
  }

  #pass(from: Socket, to: Socket, count: (bytes: number) => void): void {
    let waiting = 0;
    const later = (action: () => void) => {
      if (this.delayMs === 0) {
        action();
      } else {
        setTimeout(action, this.delayMs);
      }
    };
    from.on('data', (chunk: Buffer) => {
      count(chunk.length);
      waiting += chunk.length;
      if (waiting >= WINDOW_BYTES) {
        from.pause();
      }
      later(() => {
        waiting -= chunk.length;
        if (to.destroyed) {
          return;
        }
        if (to.write(chunk)) {
          from.resume();
        } else {
          from.pause();
        }
      });
    });
    to.on('drain', () => from.resume());
    from.on('end', () => later(() => to.end()));
    from.on('close', () => later(() => to.destroy()));
  }
}
