import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { createServer, type Server } from 'node:net';
import { onTestFinished } from 'vitest';

/** URL of a port where nothing listens: it was free a moment ago. */
export async function closedPort(): Promise<string> {
  const server = createServer();
  const url = await listening(server);
  server.close();
  await once(server, 'close');
  return url;
}

/** A web server that has a page for every address. */
export function webServer(page: string): Promise<string> {
  return listening(createHttpServer((_, answer) => answer.end(page)));
}

/** A store that answers every request with one error. */
export function answering(status: number, code: string): Promise<string> {
  return listening(
    createHttpServer((_, answer) => answer.writeHead(status).end(`<Error><Code>${code}</Code></Error>`))
  );
}

/** A server that sends one text and closes the connection. */
export function talkingServer(text: string): Promise<string> {
  return listening(createServer(socket => socket.on('error', () => undefined).end(text)));
}

/** A server that listens and never answers. */
export function silentServer(onRequest: () => void = () => undefined): Promise<string> {
  return listening(createServer(socket => socket.on('error', () => undefined).on('data', onRequest)));
}

/** Starts a server that stops with the test. */
async function listening(server: Server): Promise<string> {
  const sockets = new Set<{ destroy(): void }>();
  server.on('connection', socket => sockets.add(socket));
  onTestFinished(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The server does not listen.');
  return `http://127.0.0.1:${address.port}`;
}
