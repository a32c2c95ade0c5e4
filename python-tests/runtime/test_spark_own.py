"""A part of Spark's own Python tests, with the artifact on the executors; ``npm run test:spark`` runs them all."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
MODULES = ["pyspark.tests.test_daemon", "pyspark.tests.test_broadcast"]


def test_what_passes_plainly_passes_with_the_artifact_and_with_an_editable() -> None:
    done = subprocess.run(
        ["node", "scripts/long-tests/spark.mjs", "--again", *MODULES],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    last = re.fullmatch(r"(\d+) passed, 0 failed", done.stdout.splitlines()[-1])
    assert last, done.stdout + done.stderr
    # Two of the daemon and nine of broadcasts, each with two artifacts, and the proof that the editable's code runs.
    assert int(last[1]) >= 23
