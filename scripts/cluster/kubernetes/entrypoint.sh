#!/bin/bash
# The entry point of the image, with the arguments and variables that Spark gives a container. As the entry point of
# Spark's own images, it starts an executor, or a driver in client mode inside of its pod.
set -eu
case $1 in
executor)
  options=()
  while name=SPARK_JAVA_OPT_${#options[@]} && [ -n "${!name+set}" ]; do options+=("${!name}"); done
  exec "$JAVA_HOME/bin/java" "${options[@]}" "-Xms$SPARK_EXECUTOR_MEMORY" "-Xmx$SPARK_EXECUTOR_MEMORY" \
    -cp "${SPARK_CONF_DIR:-/opt/spark/conf}:$SPARK_HOME/jars/*:${SPARK_CLASSPATH:-}:${SPARK_EXTRA_CLASSPATH:-}:$PWD" \
    org.apache.spark.scheduler.cluster.k8s.KubernetesExecutorBackend \
    --driver-url "$SPARK_DRIVER_URL" --executor-id "$SPARK_EXECUTOR_ID" --cores "$SPARK_EXECUTOR_CORES" \
    --app-id "$SPARK_APPLICATION_ID" --hostname "$SPARK_EXECUTOR_POD_IP" \
    --resourceProfileId "$SPARK_RESOURCE_PROFILE_ID" --podName "$SPARK_EXECUTOR_POD_NAME"
  ;;
driver)
  shift
  exec "$SPARK_HOME/bin/spark-submit" --conf "spark.driver.bindAddress=$SPARK_DRIVER_BIND_ADDRESS" \
    --deploy-mode client "$@"
  ;;
*)
  echo "The image starts a driver or an executor, not '$1'." >&2
  exit 64
  ;;
esac
