r"""An Airflow DAG that runs a release with the SparkSubmitOperator.

CI makes the release, and writes its Spark properties beside this file. A release never changes, so neither do they:

    ship-env ship --python venv/bin/python --target s3://bucket/envs --release 2026.11
    ship-env config --release 2026.11 --target s3://bucket/envs --master yarn --deploy-mode cluster \
        --as json > tides.json

The operator takes the master and the deploy mode from the connection ``spark_default``. In client mode, the property
``spark.pyspark.driver.python`` must name a python of this machine with the imports of the script.
"""

import json
from pathlib import Path

from airflow.providers.apache.spark.operators.spark_submit import SparkSubmitOperator
from airflow.sdk import DAG

HERE = Path(__file__).parent

with DAG("tides", schedule="@daily", catchup=False):
    tides = SparkSubmitOperator(
        task_id="tides",
        application=str(HERE / "app.py"),
        application_args=["{{ ds }}"],
        conf=json.loads((HERE / "tides.json").read_text()),
    )
