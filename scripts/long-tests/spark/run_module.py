"""Run one module of Spark's own Python tests on a local cluster, and write the outcome of each test as JSON.

``run_module.py MODULE OUTPUT [TEST …]`` runs all tests, or only the given ones. The environment variable
``SHIP_ENV_SPARK_TESTS`` holds ``master`` and ``conf`` (Spark properties) as JSON. Spark's tests ask for ``local[4]``,
where the driver's JVM starts the workers; here each such context gets its own executors.
"""

from __future__ import annotations

import importlib
import json
import os
import re
import sys
import unittest
from pathlib import Path
from typing import Any

from pyspark import SparkContext

SETTINGS: dict[str, Any] = json.loads(os.environ["SHIP_ENV_SPARK_TESTS"])


class Outcomes(unittest.TextTestResult):
    """The outcome of each test; when a test has several, the first."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.outcomes: dict[str, str] = {}

    def stopTest(self, test: unittest.TestCase) -> None:  # noqa: N802 - a method of unittest
        """Note that a test without an earlier outcome has passed."""
        self.outcomes.setdefault(test.id(), "passed")
        super().stopTest(test)

    def addError(self, test: unittest.TestCase, err: Any) -> None:  # noqa: N802
        """Note that a test, or the set-up of a class, raised an exception."""
        self.outcomes.setdefault(test.id(), "failed")
        super().addError(test, err)

    def addFailure(self, test: unittest.TestCase, err: Any) -> None:  # noqa: N802
        """Note that an assertion does not hold."""
        self.outcomes.setdefault(test.id(), "failed")
        super().addFailure(test, err)

    def addSubTest(self, test: unittest.TestCase, subtest: unittest.TestCase, err: Any) -> None:  # noqa: N802
        """Note that a part of a test failed."""
        if err is not None:
            self.outcomes.setdefault(test.id(), "failed")
        super().addSubTest(test, subtest, err)

    def addSkip(self, test: unittest.TestCase, reason: str) -> None:  # noqa: N802
        """Note that a test was skipped, for example because a library is missing."""
        self.outcomes.setdefault(test.id(), "skipped")
        super().addSkip(test, reason)


def use_the_cluster() -> None:
    """Make each context that asks for threads of the driver use executors."""
    initialize = SparkContext._initialize_context  # noqa: SLF001

    def initialize_on_cluster(self: SparkContext, jconf: Any) -> Any:
        threads = re.fullmatch(r"local\[[^,]*(?:,\s*(\d+))?\]", jconf.get("spark.master", ""))
        if threads:
            jconf.set("spark.master", SETTINGS["master"])
            # In local mode a task fails once, unless the master says otherwise.
            jconf.set("spark.task.maxFailures", threads[1] or "1")
        for key, value in SETTINGS["conf"].items():
            jconf.set(key, value)
        return initialize(self, jconf)

    SparkContext._initialize_context = initialize_on_cluster  # type: ignore[method-assign]  # noqa: SLF001


def main(module: str, output: str, tests: list[str]) -> None:
    """Run the tests."""
    use_the_cluster()
    importlib.import_module(module)
    loader = unittest.defaultTestLoader
    suite = loader.loadTestsFromNames(tests) if tests else loader.loadTestsFromName(module)
    result = unittest.TextTestRunner(resultclass=Outcomes, verbosity=2).run(suite)
    assert isinstance(result, Outcomes)
    # The output is either complete or absent: a stopped run is repeated.
    partial = Path(f"{output}.new")
    partial.write_text(json.dumps(result.outcomes, indent=1, sort_keys=True))
    partial.rename(output)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3:])
