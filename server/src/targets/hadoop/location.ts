import { ShipEnvError } from '../../errors.js';
import { encodedPath, type TargetUrl } from '../url.js';

/** Where a target on a Hadoop file system lies. */
export interface HadoopLocation {
  /** Canonical: `hdfs://cluster/team%20a/envs`; without an authority, the default file system is meant. */
  readonly url: string;
  readonly scheme: string;
}

/**
 * The folder that a URL of a Hadoop file system names.
 *
 * @throws ShipEnvError TARGET_URL_INVALID
 */
export function hadoopLocationOf({ scheme, authority, segments }: TargetUrl): HadoopLocation {
  if (segments.length === 0) {
    throw new ShipEnvError('TARGET_URL_INVALID', `The target URL names no folder of ${scheme}://${authority}.`, {
      hint: `Write ${scheme}://${authority || 'cluster'}/folder.`
    });
  }
  return { scheme, url: `${scheme}://${authority}/${encodedPath(segments)}` };
}
