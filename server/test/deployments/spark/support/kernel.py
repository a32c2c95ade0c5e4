"""A kernel without Jupyter: runs what comes in as JSON lines, in __main__, and answers with a JSON line each."""

import json
import sys
import traceback

replies, sys.stdout = sys.stdout, sys.stderr
for line in sys.stdin:
    request = json.loads(line)
    try:
        exec(request["source"], globals())  # noqa: S102 -- what a kernel is for
        reply = {"value": eval(request["expression"], globals())}  # noqa: S307
    except BaseException:  # noqa: BLE001
        reply = {"error": traceback.format_exc()}
    replies.write(json.dumps(reply) + "\n")
    replies.flush()
