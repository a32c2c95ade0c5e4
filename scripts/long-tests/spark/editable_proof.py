"""Proves that executors run the code of the editable, so that the other tests are meaningful."""

from __future__ import annotations

import re
import unittest
from typing import Any

import harbour
from pyspark import SparkContext


def where(_: int) -> list[str]:
    """Return the place from which an executor imported the editable, and its python."""
    import sys

    return [str(harbour.__file__), sys.executable]


class EditableProof(unittest.TestCase):
    """One test."""

    def test_executors_run_the_code_archive(self) -> None:
        """Executors use neither the source folder nor the kernel's python."""
        context = SparkContext("local[1]", "proof")
        self.addCleanup(context.stop)
        found: Any = context.parallelize([0], 1).map(where).collect()[0]
        assert "/.ship-env-code-" in found[0], found
        assert re.search("/ship-env-[0-9]+/env/", found[1]), found
