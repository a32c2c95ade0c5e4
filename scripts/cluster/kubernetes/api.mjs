/** The API of a Kubernetes cluster, as a kubelet and the tests ask it. */
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';

/**
 * What the tests read of an object of the API.
 *
 * @typedef {object} KubernetesObject
 * @property {{name: string, uid: string, labels?: Record<string, string>, deletionTimestamp?: string,
 *   deletionGracePeriodSeconds?: number}} metadata
 * @property {any} [spec]
 * @property {any} [status]
 * @property {Record<string, string>} [data]
 */

/**
 * An API server and who asks it.
 *
 * @typedef {object} ApiServer
 * @property {string} url without a slash at the end
 * @property {string} [token] a bearer token
 * @property {string} [ca] certificates in PEM that sign the server's
 */

/** The server refused a request. */
export class ApiError extends Error {
  /**
   * @param {string} asked
   * @param {number} status of HTTP
   * @param {string} answer
   */
  constructor(asked, status, answer) {
    super(`${asked}: ${status} ${answer.slice(0, 500)}`);
    this.status = status;
  }
}

/**
 * @param {ApiServer} server
 * @param {string} method
 * @param {string} path
 * @param {unknown} [body]
 * @param {string} [type] media type of the body
 * @returns {Promise<any>} the answer
 * @throws {ApiError}
 */
export async function ask({ url, token, ca }, method, path, body, type = 'application/json') {
  const content = body === undefined ? undefined : JSON.stringify(body);
  const headers = {
    Accept: 'application/json',
    ...(content === undefined ? {} : { 'Content-Type': type, 'Content-Length': Buffer.byteLength(content) }),
    ...(token === undefined ? {} : { Authorization: `Bearer ${token}` })
  };
  const send = url.startsWith('https:') ? requestHttps : requestHttp;
  /** @type {{status: number, text: string}} */
  const { status, text } = await new Promise((resolve, reject) => {
    const request = send(`${url}${path}`, { method, headers, ...(ca === undefined ? {} : { ca }) }, response => {
      let text = '';
      response.setEncoding('utf8').on('data', (/** @type {string} */ chunk) => (text += chunk));
      response.once('end', () => resolve({ status: response.statusCode ?? 0, text }));
      response.once('error', reject);
    });
    request.once('error', reject);
    request.end(content);
  });
  if (status >= 300) {
    throw new ApiError(`${method} ${path}`, status, text);
  }
  return text === '' ? undefined : JSON.parse(text);
}

/**
 * @param {Promise<any>} asking
 * @param {...number} statuses answers that are as good as nothing: 404, 409
 * @returns {Promise<any>} undefined after such an answer
 */
export async function unless(asking, ...statuses) {
  try {
    return await asking;
  } catch (error) {
    if (error instanceof ApiError && statuses.includes(error.status)) {
      return undefined;
    }
    throw error;
  }
}

/**
 * @param {ApiServer} server
 * @param {string} namespace
 * @returns {Promise<KubernetesObject[]>} the pods of the namespace
 */
export async function podsOf(server, namespace) {
  return (await ask(server, 'GET', `/api/v1/namespaces/${namespace}/pods`)).items;
}
