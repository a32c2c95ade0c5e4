import { POINTER_NAME, POINTER_SEQUENCE_DIGITS } from '../../contract/pointer-name.js';

/**
 * The program that `liveUpdate` sends to a kernel: plain Python 3.9+, one function, no output, no exception.
 *
 * The program reads Spark's own record of the session (properties and added files), so it needs no memory of earlier
 * updates. The active SparkContext is the same for all threads; an active SparkSession is not. The pointer file lies in
 * Spark's directory of files on the driver, since the driver serves it to executors for as long as the context lives,
 * and Spark removes that directory with the context.
 */
export const LIVE_UPDATE_PROGRAM = String.raw`
def _ship_env_update(want):
    import json

    def outcome(state, message):
        return json.dumps({"state": state, "message": message})

    def update(want):
        import os
        import re
        import sys
        import tempfile
        import time
        from pathlib import Path
        from urllib.parse import unquote

        sc = getattr(getattr(sys.modules.get("pyspark"), "SparkContext", None), "_active_spark_context", None)
        if sc is None or sc._jsc is None:
            connect = getattr(sys.modules.get("pyspark.sql.connect.session"), "SparkSession", None)
            if connect is not None and connect.getActiveSession() is not None:
                return outcome("none", "The session is one of Spark Connect, and this ship was for another cluster. Run the cell of a ship to it.")
            return outcome("none", "The kernel has no Spark session.")

        conf = sc.getConf()
        if conf.get("spark.python.daemon.module") != want["daemon"]:
            return outcome("restart", "The running session was not built by this cell. Stop it, then run the cell.")
        running = os.path.basename(sc.pythonExec)
        for key in ("spark.archives", "spark.yarn.dist.archives"):
            names = [unquote(uri.split("#")[0].rsplit("/", 1)[-1]) for uri in conf.get(key, "").split(",")]
            if want["artifact"] in names:
                running = want["artifact"]
        if running != want["artifact"]:
            return outcome("restart", "The running session has another environment, %s. Stop it, then run the cell." % running)

        uris = list(sc.listFiles)
        for key in ("spark.files", "spark.yarn.dist.files"):
            uris += conf.get(key, "").split(",")
        names = {unquote(uri.rsplit("/", 1)[-1]) for uri in uris}
        pointers = [re.fullmatch(r"${POINTER_NAME}", name) for name in names]
        sequence, newest = max([(int(found[1]), found[2]) for found in pointers if found], default=(-1, None))
        if newest == want["pointer"]["hash"] or (newest is None and not want["archives"]):
            return outcome("current", "The running session has this code already.")

        sessions = getattr(sys.modules.get("pyspark.sql"), "SparkSession", None)
        session = getattr(sessions, "_instantiatedSession", None)
        isolation = "spark.sql.artifact.isolation.enabled"
        isolated = conf.get(isolation, "false") if session is None else session.conf.get(isolation, "false")
        if isolated.lower() == "true":
            return outcome("restart", "The session is isolated (%s): its SQL cannot get files later. Stop it, then run the cell." % isolation)

        for archive in want["archives"]:
            if archive["file"] not in names:
                sc.addFile(archive["uri"])
        from pyspark import SparkFiles

        name = "ship-env-code-%0${POINTER_SEQUENCE_DIGITS}d-%s.json" % (max(time.time_ns(), sequence + 1), want["pointer"]["hash"])
        pointer = Path(tempfile.mkdtemp(prefix="ship-env-", dir=SparkFiles.getRootDirectory())) / name
        pointer.write_bytes(want["pointer"]["content"].encode())
        sc.addFile(pointer.as_uri())
        return outcome("updated", "The next task of the running session runs the new code.")

    try:
        return update(json.loads(want))
    except (Exception, KeyboardInterrupt) as error:
        return outcome("failed", "%s: %s" % (type(error).__name__, error))

`.trimStart();
