import { TARGET_URLS } from '../contract/target-settings.js';
import { ShipEnvError } from '../errors.js';

/** A parsed target URL; `segments` are the decoded path segments, without empty ones. */
export interface TargetUrl {
  /** In lower case; `s3a` stays `s3a`. */
  readonly scheme: string;
  readonly authority: string;
  readonly segments: readonly string[];
}

const SHAPE = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)([^?#]*)([?#].*)?$/iu;

/**
 * Parses a target URL. Does not use `new URL`, which lower-cases, drops `..` and reads the first folder of
 * `file://data/x` as a host: a typing error would become another valid target.
 *
 * @throws ShipEnvError TARGET_URL_INVALID
 */
export function parseTargetUrl(text: string): TargetUrl {
  const url = text.trim();
  const match = SHAPE.exec(url);
  const [, scheme, authority, path, rest] = match ?? [];
  if (scheme === undefined || authority === undefined || path === undefined) {
    throw new ShipEnvError('TARGET_URL_INVALID', `The target must be a URL; this is not one: ${shownUrl(url)}.`, {
      hint: /^[/~.]/u.test(url)
        ? 'Write a directory as file:///path/to/directory, or file://~/directory below your home.'
        : `Write ${TARGET_URLS}.`
    });
  }
  if (authority.includes('@') && !isAzureContainer(scheme, authority)) {
    throw new ShipEnvError('TARGET_URL_INVALID', `The target URL holds a user name or password: ${shownUrl(url)}.`, {
      hint: 'Remove it from the URL and name an AWS profile in the target’s settings instead.'
    });
  }
  if (rest !== undefined) {
    throw new ShipEnvError(
      'TARGET_URL_INVALID',
      `The target URL has a part after "${rest.charAt(0)}": ${shownUrl(url)}.`,
      {
        hint: 'When the character is part of a folder’s name, write %3F for "?" and %23 for "#".'
      }
    );
  }
  return { scheme: scheme.toLowerCase(), authority, segments: decodedSegments(path, url) };
}

/** Azure writes `abfss://container@account.dfs.core.windows.net/…`: a container stands where a user's name would. */
function isAzureContainer(scheme: string, authority: string): boolean {
  return /^abfss?$/iu.test(scheme) && /^[a-z0-9$][a-z0-9-]*@[a-z0-9.-]+$/iu.test(authority);
}

/**
 * The path of a canonical URL. Harmless characters stay readable; characters at which Spark splits lists are escaped.
 */
export function encodedPath(segments: readonly string[]): string {
  return segments.map(segment => encodeURI(segment).replace(/[?#,]/gu, encodeURIComponent)).join('/');
}

/** A URL for a message, without anything that could be a password. */
export function shownUrl(url: string): string {
  const [, scheme, authority] = SHAPE.exec(url) ?? [];
  if (/@|%40/iu.test(url) || /:(?!\d+$)/u.test(authority ?? '')) return scheme === undefined ? '…' : `${scheme}://…`;
  // Everybody who knows the query of a presigned URL can read the object.
  const end = url.search(/[?#]/u);
  return JSON.stringify(end === -1 ? url : `${url.slice(0, end + 1)}…`);
}

function decodedSegments(path: string, url: string): string[] {
  let segments: string[];
  try {
    segments = path.split('/').filter(Boolean).map(decodeURIComponent);
    // Throws for half of a surrogate pair, which decodes but cannot be encoded again.
    encodedPath(segments);
  } catch (cause) {
    if (!(cause instanceof URIError)) throw cause;
    throw new ShipEnvError('TARGET_URL_INVALID', `The target URL is not well escaped: ${shownUrl(url)}.`, {
      hint: 'Write %25 for a "%" that is part of a folder’s name.',
      cause
    });
  }
  // The pattern holds control characters, since they must not get into a path or a header.
  if (segments.some(segment => segment === '.' || segment === '..' || /[/\u0000-\u001f\u007f]/u.test(segment))) {
    throw new ShipEnvError(
      'TARGET_URL_INVALID',
      `The target URL has a path segment that is not allowed: ${shownUrl(url)}.`,
      {
        hint: 'Leave out ".", "..", control characters and escaped slashes.'
      }
    );
  }
  return segments;
}
