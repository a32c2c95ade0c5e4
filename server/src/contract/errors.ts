import * as z from 'zod';

/**
 * The one table of errors: code → HTTP status and title.
 *
 * A code is `AREA_WHAT_HAPPENED` and never changes its meaning; docs/troubleshooting.md has a row for each, and a test keeps
 * the two equal. `status` is what a route answers with; the command line maps USAGE_* to exit 2, *_CANCELLED to 130
 * and everything else to 1.
 */
export const ERRORS = {
  USAGE_INVALID: { status: 400, title: 'The request or command line is not valid' },
  AUTH_REFUSED: { status: 401, title: 'The caller did not prove who it is' },
  NOT_FOUND: { status: 404, title: 'There is nothing under that address' },
  SHIP_CANCELLED: { status: 499, title: 'The ship was cancelled' },
  SHIP_UNKNOWN: { status: 404, title: 'No ship has this id' },
  PYTHON_NOT_FOUND: { status: 422, title: 'The kernel python does not exist or does not start' },
  PYTHON_FAILED: { status: 422, title: 'The kernel python started but did not do its work' },
  PYTHON_NO_ENVIRONMENT: { status: 422, title: 'No virtual environment was named and none is active' },
  PYTHON_UNSUPPORTED: { status: 422, title: 'This python cannot be shipped' },
  PYTHON_NOT_RELOCATABLE: { status: 422, title: 'The interpreter itself cannot be shipped' },
  SNAPSHOT_UNREADABLE: { status: 422, title: 'A file of the environment cannot be read' },
  EDITABLE_MISSING: { status: 422, title: 'The folder of an editable package is gone' },
  EDITABLE_NOT_A_PROJECT: { status: 422, title: 'An editable package does not lead to one project' },
  LINK_OUTSIDE: { status: 422, title: 'A link leads out of the environment' },
  CODE_SECRET_FOUND: { status: 422, title: 'A file that looks like a secret would be shipped' },
  CODE_UNREADABLE: { status: 422, title: 'A file of an editable package cannot be read' },
  ARTIFACT_FILE_CHANGED: {
    status: 409,
    title: 'A file changed while it was being read, or a code archive was damaged'
  },
  ARTIFACT_NAME_RESERVED: { status: 422, title: 'A file of the environment has a name that nodes use themselves' },
  ARTIFACT_NOT_SHIPPED: { status: 404, title: 'This environment is not on the target yet' },
  ENVIRONMENT_UNKNOWN: { status: 404, title: 'This process does not know which shipped environment it runs' },
  FORMAT_UNKNOWN: { status: 400, title: 'There is no artifact format of this name' },
  FORMAT_UNSUITED: { status: 422, title: 'An artifact of this format cannot be used this way' },
  CACHE_UNUSABLE: { status: 500, title: 'The local cache cannot be used' },
  OPEN_FILES_EXHAUSTED: { status: 503, title: 'The system allows no more open files' },
  DISK_FULL: { status: 507, title: 'A disk is full' },
  TARGET_URL_INVALID: { status: 400, title: 'The target is not a URL that can be shipped to' },
  TARGET_UNKNOWN: { status: 404, title: 'No target has this name' },
  TARGET_REFUSED: { status: 502, title: 'The target refused the connection' },
  TARGET_NAME_NOT_FOUND: { status: 502, title: "The target's host name was not found" },
  TARGET_TIMEOUT: { status: 504, title: 'The target did not answer in time' },
  TARGET_TLS: { status: 502, title: 'No trusted TLS connection to the target' },
  TARGET_CREDENTIALS_MISSING: { status: 502, title: 'No credentials for the target were found' },
  TARGET_SIGNATURE: { status: 502, title: 'The target does not accept the credentials' },
  TARGET_CLIENT_MISSING: { status: 422, title: 'The Hadoop client that reaches the target is missing' },
  TARGET_DENIED: { status: 502, title: 'The target does not allow this' },
  TARGET_BUCKET_MISSING: { status: 502, title: 'The bucket or directory of the target does not exist' },
  TARGET_CHECKSUM: { status: 502, title: 'What the target holds is not what was sent' },
  TARGET_CONFLICT: { status: 409, title: 'The target holds something else under this name' },
  TARGET_IN_USE: { status: 409, title: 'Somebody else may use what was to be removed' },
  TARGET_FAILED: { status: 502, title: 'The target failed' },
  CONFIG_MASTER_UNSUPPORTED: { status: 422, title: 'There is no configuration for this Spark master' },
  SPARK_DEFAULTS_UNREADABLE: { status: 422, title: 'The file spark-defaults.conf cannot be read' },
  CONFIG_NODE_CACHE_INVALID: { status: 422, title: 'The node cache is not a folder of the nodes' },
  PROBE_FAILED: { status: 502, title: 'The probe could not ask the cluster' },
  PROBE_NO_EXECUTOR: { status: 504, title: 'The cluster gave the probe no executor' },
  CONFIG_DEPLOY_MODE_UNSUPPORTED: { status: 422, title: 'This cluster does not run the driver in this deploy mode' },
  SPARK_MISSING: { status: 422, title: 'No spark-submit was found' },
  RELEASE_EXISTS: { status: 409, title: 'A release of this name names something else' },
  RELEASE_UNKNOWN: { status: 404, title: 'The target has no release of this name' },
  SETTINGS_INVALID: { status: 422, title: 'The settings cannot be used' },
  NODE_MISSING: { status: 500, title: 'No usable Node.js was found' },
  SIDECAR_UNAVAILABLE: { status: 503, title: 'The sidecar does not run' },
  KERNEL_MISSING: { status: 409, title: 'The notebook has no kernel' },
  KERNEL_NOT_PYTHON: { status: 409, title: 'The kernel is not a Python kernel' },
  KERNEL_DIED: { status: 409, title: 'The kernel went away' },
  KERNEL_FAILED: { status: 409, title: 'The kernel could not answer' },
  KERNEL_NO_PYSPARK: { status: 409, title: 'The kernel cannot import pyspark' },
  NOTEBOOK_READ_ONLY: { status: 409, title: 'The notebook is read-only' },
  SESSION_UPDATE_FAILED: { status: 409, title: 'The running session could not be updated' },
  INTERNAL: { status: 500, title: 'A bug in ship-env' }
} as const satisfies Record<string, { status: number; title: string }>;

/** A code of the table. */
export type ErrorCode = keyof typeof ERRORS;

/** All codes, in the table's order. */
export const ERROR_CODES = Object.keys(ERRORS) as [ErrorCode, ...ErrorCode[]];

/** The one error object that crosses every wire: routes, event streams, `--json`. */
export const errorObject = z.object({
  type: z.literal('error'),
  code: z.enum(ERROR_CODES),
  /** One or two sentences: what was wanted and what was found. */
  message: z.string(),
  /** What to do next, addressed to the person. Empty when there is nothing to do. */
  hint: z.string(),
  /** The messages of the causes, outermost first; secrets redacted. */
  cause: z.array(z.string())
});
export type ErrorObject = z.infer<typeof errorObject>;
