import type { LiveUpdate } from '../../contract/ship.js';
import type { Manifest } from '../../contract/manifest.js';
import { FILES_KEY, FUNCTION, IMPORTS, sessionFunction, type SessionPlan } from './session-function.js';

/** The one name that the update leaves in the kernel. */
const OUTCOME = '_ship_env_outcome';

/** Finds the session of the kernel and updates it: plain Python 3.9+, no output, no exception. */
const PROGRAM = String.raw`
def _ship_env_update(give):
    import json
    import sys

    def outcome(state, message):
        return json.dumps({"state": state, "message": message})

    try:
        sessions = getattr(sys.modules.get("pyspark.sql.connect.session"), "SparkSession", None)
        # The active session belongs to a thread, the default session to all threads.
        spark = sessions and (sessions.getActiveSession() or getattr(sessions, "_default_session", None))
        if spark is None:
            return outcome("none", "The kernel has no session of Spark Connect.")
        if spark.conf.get("${FILES_KEY}", None) is None:
            return outcome("none", "The running session was not set up by the cell. Run the cell.")
        if give(spark):
            return outcome("updated", "The next task of the running session runs the new environment and code.")
        return outcome("current", "The running session has this environment and code already.")
    except (Exception, KeyboardInterrupt) as error:
        return outcome("failed", "%s: %s" % (type(error).__name__, error))
`.trim();

/**
 * Python source for the kernel that gives what was shipped to a running session of Spark Connect that a cell of ours
 * set up: new code, and a new environment, too. Pure.
 */
export function connectLiveUpdate(plan: SessionPlan, { id }: Manifest): LiveUpdate {
  return {
    artifactId: id,
    source: [
      'def _ship_env_give(spark):',
      ...[...IMPORTS, ...sessionFunction(plan).split('\n'), `return ${FUNCTION}(spark)`].map(line => `    ${line}`),
      '',
      '',
      PROGRAM,
      '',
      '',
      `${OUTCOME} = _ship_env_update(_ship_env_give)`,
      'del _ship_env_update, _ship_env_give',
      ''
    ].join('\n'),
    expression: OUTCOME
  };
}
