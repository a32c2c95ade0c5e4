/**
 * The address of a Spark Connect server: `sc://host:port/;name=value;…`, as pyspark reads it (`DefaultChannelBuilder`).
 * A parameter may hold a secret or the person's identity: `token`, `user_id`, `session_id`, and any other one, which
 * pyspark sends to the server as a header.
 */

const HOST = String.raw`(?:[a-z\d](?:[\w.-]*[a-z\d])?\.?|\[[\da-f:.]+\])`;
const PORT = String.raw`(?::\d{1,5})?`;
const ADDRESS = new RegExp(String.raw`^(sc://${HOST}${PORT})(?:/?|/((?:;[^;=\s\p{Cc}]+=[^;=\s\p{Cc}]*)+);?)$`, 'iu');

/** Stands for a value that is kept from cells, logs and messages. */
const HIDDEN = '…';

/** Parameters that say how to connect, and nothing about the person. */
const OPEN: ReadonlySet<string> = new Set([
  'use_ssl',
  'user_agent',
  'grpc_keepalive_enabled',
  'grpc_keepalive_time_ms',
  'grpc_keepalive_timeout_ms',
  'grpc_keepalive_without_calls'
]);

/** Is this text the address of a Spark Connect server? */
export function isAddress(text: string): boolean {
  const port = /:(\d+)(?:\/|$)/.exec(text.slice('sc://'.length))?.[1];
  return ADDRESS.test(text) && (port === undefined || (Number(port) > 0 && Number(port) < 65536));
}

/** The address with `…` in place of each value that may be a secret. The result is an address, too. */
export function withoutSecrets(address: string): string {
  const [, server = '', parameters = ''] = ADDRESS.exec(address) ?? [];
  const pairs = parameters.split(';').filter(pair => pair !== '');
  if (pairs.length === 0) return server;
  return `${server}/${pairs.map(pair => `;${shownPair(pair)}`).join('')}`;
}

/** Was a value hidden by {@link withoutSecrets}? Then the kernel must know the whole address from elsewhere. */
export function hidesSecrets(address: string): boolean {
  return address.includes(`=${HIDDEN}`);
}

function shownPair(pair: string): string {
  const [name = '', value = ''] = pair.split('=');
  return `${name}=${OPEN.has(name) ? value : HIDDEN}`;
}
