"""One Spark application: builds a session, runs its first task, and prints how long each took.

Usage: application.py SPECIFICATION, a JSON object: conf (Spark properties), executors (how many must answer).

The first task imports numpy, pandas, pyarrow and sklearn on every executor. The last line of stdout is a JSON object:
sessionSeconds, firstTaskSeconds, and a report of each executor's task.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

LIBRARIES = ("numpy", "pandas", "pyarrow", "sklearn")


def look(_: int) -> dict[str, Any]:
    """Import the libraries in the task; return how long that took and their places."""
    started = time.perf_counter()
    modules = [importlib.import_module(name) for name in LIBRARIES]
    seconds = time.perf_counter() - started
    return {
        "importSeconds": seconds,
        "python": sys.executable,
        "modules": [module.__file__ for module in modules],
        "folder": str(Path.cwd()),
    }


def main(conf: dict[str, str], executors: int) -> dict[str, Any]:
    """Run the application; the session counts as ready when all executors have registered."""
    # pyspark reads the python of the tasks from this variable and not from the property; the notebook's cell sets it,
    # too.
    os.environ["PYSPARK_PYTHON"] = conf["spark.pyspark.python"]
    from pyspark.sql import SparkSession

    builder = SparkSession.builder
    for key, value in conf.items():
        builder = builder.config(key, value)
    started = time.perf_counter()
    spark = builder.getOrCreate()
    ready = time.perf_counter()
    rows = spark.sparkContext.parallelize(range(executors), executors).map(look).collect()
    done = time.perf_counter()
    spark.stop()
    folders = {row["folder"] for row in rows}
    if len(folders) != executors:
        message = f"{executors} executors should run the first task; it ran in {sorted(folders)}."
        raise RuntimeError(message)
    return {"sessionSeconds": ready - started, "firstTaskSeconds": done - ready, "executors": rows}


if __name__ == "__main__":
    specification = json.loads(sys.argv[1])
    sys.stdout.write(f"{json.dumps(main(specification['conf'], specification['executors']))}\n")
