import { assertObjectName } from '../names.js';
import type { Access } from '../target.js';
import { encodedPath } from '../url.js';
import type { S3Settings } from './settings.js';
import { s3SparkProperties } from './spark.js';

/** How Spark reaches the objects of a bucket: by Hadoop's S3A. */
export function s3Access(settings: S3Settings): Access {
  return {
    uri(name) {
      assertObjectName(name);
      return `s3a${settings.url.slice('s3'.length)}/${encodedPath([name])}`;
    },
    executablePath: () => Promise.resolve(undefined),
    sparkProperties: () => s3SparkProperties(settings)
  };
}
