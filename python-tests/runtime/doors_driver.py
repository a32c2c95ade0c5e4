"""A Spark driver that imports the code of an editable through each door of Spark, and prints the results.

``doors_driver.py FOLDER ARTIFACT [PROPERTY=VALUE …]``: a door is a way in which Spark starts Python (RDD, UDF, …). Code
archives and pointer files go into the folder, and the executors run the artifact at this path. The driver prints
``SEEN`` and JSON with the results for the first version of the code, for the second one, and by an RDD for the first
one again: for each door the version, and whether the artifact's python ran it; under ``worker`` the process that ran
the RDD's function.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

SHIPPED = """
import re
import sys

VERSION = {version!r}


def seen(*_):
    is_ours = re.search("/ship-env-[0-9]+/env/", sys.executable)
    return VERSION + (" by the artifact" if is_ours else " by " + sys.executable)
"""

# Features of pyspark since 4.0.
PLANNED = """
from pyspark.sql.datasource import DataSource, DataSourceReader, InputPartition
from pyspark.sql.types import StructType
from pyspark.sql.udtf import AnalyzeResult


class Columns:
    @staticmethod
    def analyze():
        return AnalyzeResult(schema=StructType().add(seen().replace(" ", "_"), "string"))

    def eval(self):
        yield (seen(),)


class Source(DataSource):
    @classmethod
    def name(cls):
        return "harbour"

    def schema(self):
        return "planned string, run string"

    def reader(self, schema):
        return Reader()


class Reader(DataSourceReader):
    def partitions(self):
        return [InputPartition(seen())]

    def read(self, partition):
        yield partition.value, seen()
"""


def main(folder: Path, artifact: str, properties: list[str]) -> None:
    """Run the doors with the first version of the code, and with the next one in the same session."""
    os.environ["PYSPARK_PYTHON"] = artifact
    import pyspark
    from pyspark.sql import SparkSession
    from pyspark.sql.functions import udf
    from shipped_code import archive, point

    has_planners = int(pyspark.__version__.split(".")[0]) >= 4

    def ship(sequence: int, version: str) -> list[str]:
        source = SHIPPED.format(version=version) + (PLANNED if has_planners else "")
        (folder / "source").mkdir(exist_ok=True)
        (folder / "source" / "harbour.py").write_text(source)
        listed = archive(folder, {"harbour.py": source}, ["harbour"])
        return [(folder / str(listed["file"])).as_uri(), point(folder, sequence, listed).as_uri()]

    files = ship(0, "first")
    # The driver imports the package from its source folder, as with an editable.
    sys.path.insert(0, str(folder / "source"))
    import harbour  # type: ignore[import-not-found]

    if artifact.startswith("./"):
        # Spark copies the artifact to the executors from the path behind the link in the driver's working directory.
        files.append(Path(artifact).resolve().as_uri())
    builder = SparkSession.builder.master("local-cluster[1,1,1024]").config("spark.files", ",".join(files))
    for key, _, value in (one.partition("=") for one in ["spark.ui.enabled=false", *properties]):
        builder = builder.config(key, value)
    spark = builder.getOrCreate()
    context = spark.sparkContext
    by_reference = udf(harbour.seen, "string")
    if has_planners:
        spark.dataSource.register(harbour.Source)

    def look_by_rdd() -> dict[str, Any]:
        [(seen, worker)] = context.parallelize([0], 1).map(lambda _: (harbour.seen(), os.getpid())).collect()
        return {"rdd": [seen], "worker": worker}

    def look() -> dict[str, Any]:
        found: dict[str, Any] = {
            **look_by_rdd(),
            "udf": [row[0] for row in spark.range(0, 1, 1, 1).select(by_reference("id")).collect()],
        }
        if has_planners:
            from pyspark.sql.functions import udtf

            frame = udtf(harbour.Columns)()
            found["udtf"] = [*(name.replace("_", " ") for name in frame.columns), *frame.collect()[0]]
            found["source"] = list(spark.read.format("harbour").load().collect()[0])
        return found

    seen = [look()]
    for sequence, version, look_again in [(1, "second", look), (2, "first", look_by_rdd)]:
        for uri in ship(sequence, version):
            context.addFile(uri)
        seen.append(look_again())
    spark.stop()
    sys.stdout.write(f"SEEN {json.dumps(seen)}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3:])
