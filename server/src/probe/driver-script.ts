/**
 * The program of the driver: the kernel's python runs it, with the kernel's pyspark. It reads the question (JSON) from stdin,
 * and writes a JSON object a line to stdout.
 *
 * Each round is a job of two short tasks for each executor; Spark's scheduler offers a task to every free executor before it
 * gives one a second task. Rounds follow each other until each executor has answered. The probe object comes last, because
 * no task runs any more once an executor cannot read a file of Spark.
 */
export const DRIVER_SCRIPT = `
import sys

# Nothing is imported from the working directory.
sys.path = [entry for entry in sys.path if entry]
import json, os, signal, time

ask = json.load(sys.stdin)
# Java inherits stdout, which is for the answers only.
answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)


def tell(**answer):
    answers.write(json.dumps(answer) + "\\n")
    answers.flush()


def end(*_):
    # Java gets the same signal. It removes its temporary files, as long as nobody kills it meanwhile.
    try:
        while True:
            os.wait()
    except ChildProcessError:
        os._exit(1)


signal.signal(signal.SIGTERM, end)


def said(error):
    java = getattr(error, "java_exception", None)
    return (str(error) if java is None else str(java.toString())).split("\\n\\tat ")[0][:2000]


def main():
    try:
        from pyspark import SparkConf, SparkContext
    except ImportError as error:
        return tell(failed="pyspark", message=str(error))
    try:
        conf = SparkConf().setAppName("ship-env probe")
        if ask["master"]:
            conf.setMaster(ask["master"])
        for key, value in ask["conf"].items():
            conf.set(key, value)
        context = SparkContext(conf=conf)
    except Exception as error:
        return tell(failed="session", message=said(error))
    try:
        tell(spark=context.version, master=context.master)
        count = wait_for_executors(context)
        if count == 0:
            return tell(failed="executors", message="")
        tell(stage="asking")
        ask_nodes(context, count)
        if ask["object"]["name"]:
            tell(stage="reading")
            reach(context)
        tell(finished=True)
    except Exception as error:
        tell(failed="job", message=said(error))
    finally:
        context.stop()


def executors(context):
    # One of them is the driver.
    return len(context._jsc.sc().statusTracker().getExecutorInfos()) - 1


def wait_for_executors(context):
    """Wait for the first executor, and then until no other has come for a while."""
    started = last = time.monotonic()
    count = 0
    while True:
        now, before, count = time.monotonic(), count, executors(context)
        if count != before:
            last = now
            tell(executors=count)
        if count and (now - last > ask["settle"] or now - started > ask["patience"]):
            return count
        if now - started > ask["patience"]:
            return 0
        time.sleep(0.1)


def round_of(context, tasks, words):
    jvm = context._jvm
    command, numbers = jvm.java.util.ArrayList(), jvm.java.util.ArrayList()
    for word in ["sh", "-c", ask["script"], "ship-env-probe", *words]:
        command.add(word)
    for number in range(tasks):
        numbers.add(number)
    started = time.time()
    lines = context._jsc.parallelize(numbers, tasks).pipe(command).collect()
    text = jvm.java.lang.String.join("\\n", lines)
    return {"started": started, "ended": time.time(), "text": text}


def ask_nodes(context, count):
    seen = set()
    for _ in range(ask["rounds"]):
        answer = round_of(context, 2 * count, ["", "", ""])
        tell(round=answer)
        # A working directory belongs to one executor.
        work = [line for line in answer["text"].split("\\n") if line.startswith(("host\\t", "work\\t"))]
        seen.update((host, folder.split("\\t")[1]) for host, folder in zip(work[::2], work[1::2]))
        count = max(count, executors(context))
        if len(seen) >= count:
            break


def reach(context):
    wanted = ask["object"]
    try:
        context.addFile(wanted["uri"])
    except Exception as error:
        return tell(unreached=said(error), by="driver")
    try:
        answer = round_of(context, 2 * max(1, executors(context)), [wanted["name"], wanted["text"], wanted["path"]])
        tell(reach=answer)
    except Exception as error:
        tell(unreached=said(error), by="node")


main()
`;
