#!/bin/sh
# A job of cron or CI: it runs a release, on a machine that has Spark and ship-env, but neither the environment nor the
# sources. CI made the release once: ship-env ship --target "$TARGET" --release "$RELEASE"
#
# RELEASE, TARGET and MASTER are variables of the environment; the arguments are those of the job.
set -eu
exec ship-env submit --release "$RELEASE" --target "$TARGET" --master "$MASTER" -- \
  --conf spark.ui.enabled=false -m harbour.job "$@"
