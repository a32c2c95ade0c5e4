"""A job: it starts a session with the environment that it runs itself, and prints what a task sees.

``job.py MASTER``. Its own folder is not on the path of the tasks.
"""

from __future__ import annotations

import json
import sys
from typing import Any


def seen(_: Any) -> tuple[str, str, int]:
    import ship_env_example

    return sys.executable, ship_env_example.__file__, ship_env_example.ANSWER


def main(master: str) -> None:
    import jupyterlab_ship_env as ship_env

    env = ship_env.current(master=master)
    builder = env.builder().config("spark.driver.host", "127.0.0.1").config("spark.driver.bindAddress", "127.0.0.1")
    spark = builder.config("spark.ui.enabled", "false").getOrCreate()
    task = spark.sparkContext.parallelize([0], 1).map(seen).first()
    again = ship_env.current(master=master)
    facts = {
        "python": sys.executable,
        "task": task,
        "artifact": env.artifact,
        "code": env.code,
        # A program of `ship-env run` may ask again, with or without a session.
        "again": [again.artifact, again.code, again.conf],
        "conf": env.conf,
        # Whether this is the whole package.
        "home": hasattr(ship_env, "ship"),
        "work": spark.sparkContext.applicationId,
    }
    sys.stdout.write(f"{json.dumps(facts)}\n")
    spark.stop()


if __name__ == "__main__":
    main(sys.argv[1])
