package shipenv;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadFactory;
import org.apache.hadoop.fs.Path;

/**
 * Does what the sidecar asks of Hadoop's file systems, with the configuration and the login of the person. Requests
 * come on the standard input, answers go to the standard output, each as a frame (frames.ts). Ends with its input.
 */
public final class HadoopHelper {
  private static final int BUFFER = 64 * 1024;
  /** What libraries write to the standard error: the beginning is enough to explain a failure. */
  private static final int MOST_LOGGED = 1024 * 1024;

  private final ExecutorService others = Executors.newCachedThreadPool(new Daemons());
  private final Map<String, OpenFile> files = new ConcurrentHashMap<>();
  private final DataOutputStream answers;
  private Operations operations;

  private HadoopHelper(OutputStream out) {
    answers = new DataOutputStream(new BufferedOutputStream(out, BUFFER));
  }

  public static void main(String[] arguments) throws IOException {
    OutputStream out = new FileOutputStream(FileDescriptor.out);
    PrintStream log = new PrintStream(new Limited(new FileOutputStream(FileDescriptor.err)), true);
    // Libraries must not write between the answers.
    System.setOut(log);
    System.setErr(log);
    new HadoopHelper(out).serve(new DataInputStream(new BufferedInputStream(new FileInputStream(FileDescriptor.in), BUFFER)));
    // Hooks of file systems would wait for servers that do not answer.
    Runtime.getRuntime().halt(0);
  }

  private void serve(DataInputStream in) throws IOException {
    for (Request request = Request.read(in); request != null; request = Request.read(in)) {
      Request each = request;
      threadOf(each).execute(() -> answer(each));
    }
  }

  /** The requests about an open file are done in their order; all others at once. */
  private ExecutorService threadOf(Request request) {
    switch (request.operation()) {
      case "create":
      case "digest":
      case "open":
        OpenFile opened = new OpenFile(Executors.newSingleThreadExecutor(new Daemons()));
        files.put(request.argument(0), opened);
        return opened.thread;
      case "append":
      case "read":
      case "finish":
        OpenFile file = files.get(request.argument(0));
        return file == null ? others : file.thread;
      default:
        return others;
    }
  }

  private void answer(Request request) {
    Result result;
    try {
      result = perform(request);
    } catch (Throwable error) {
      result = Result.failed(error);
    }
    try {
      synchronized (answers) {
        result.write(request.number, answers);
      }
    } catch (IOException closed) {
      // Nobody reads the answers any more.
      Runtime.getRuntime().halt(1);
    }
  }

  private Result perform(Request request) throws Exception {
    String argument = request.argument(0);
    switch (request.operation()) {
      case "stat":
        return operations().stat(Operations.path(argument));
      case "list":
        return operations().list(Operations.path(argument));
      case "makeFolder":
        return operations().makeFolder(Operations.path(argument));
      case "rename":
        return operations().rename(Operations.path(argument), Operations.path(request.argument(1)));
      case "remove":
        return operations().remove(Operations.path(argument));
      case "checksum":
        return operations().checksum(Operations.path(argument));
      case "requireWritable":
        return operations().requireWritable(Operations.path(argument));
      case "abandon":
        return abandon(argument);
      default:
        return performOnFile(request, file(argument));
    }
  }

  private Result performOnFile(Request request, OpenFile file) throws Exception {
    switch (request.operation()) {
      case "digest":
        return Result.of();
      case "create":
        Path created = Operations.path(request.argument(1));
        file.create(operations().at(created), created, mode(request.argument(2)));
        return Result.of();
      case "open":
        Path opened = Operations.path(request.argument(1));
        file.open(operations().at(opened).open(opened));
        return Result.of();
      case "append":
        file.append(request.bytes);
        return Result.of();
      case "read":
        byte[] into = new byte[Integer.parseInt(request.argument(1))];
        return Result.of(into, file.read(into));
      case "finish":
        return closing(request.argument(0), () -> file.finish(mode(request.argument(1))));
      default:
        throw new IllegalArgumentException("There is no operation " + request.operation());
    }
  }

  private Result closing(String id, Callable<Result> work) throws Exception {
    Result result = work.call();
    files.remove(id).thread.shutdown();
    return result;
  }

  private Result abandon(String id) throws IOException {
    OpenFile file = files.remove(id);
    if (file != null) file.abandon();
    return Result.of();
  }

  private OpenFile file(String id) {
    OpenFile file = files.get(id);
    if (file == null) throw new IllegalStateException("There is no open file " + id);
    return file;
  }

  private static short mode(String octal) {
    return Short.parseShort(octal, 8);
  }

  /** Made by the first request, so that a broken configuration is an answer. */
  private synchronized Operations operations() {
    if (operations == null) operations = new Operations();
    return operations;
  }

  /** Threads that do not keep the process alive. */
  static final class Daemons implements ThreadFactory {
    @Override
    public Thread newThread(Runnable work) {
      Thread thread = new Thread(work, "ship-env");
      thread.setDaemon(true);
      return thread;
    }
  }

  /** Drops what exceeds the limit. */
  private static final class Limited extends FilterOutputStream {
    private int left = MOST_LOGGED;

    Limited(OutputStream out) {
      super(out);
    }

    @Override
    public synchronized void write(int each) throws IOException {
      if (left > 0) {
        left--;
        out.write(each);
      }
    }

    @Override
    public synchronized void write(byte[] bytes, int from, int length) throws IOException {
      int taken = Math.min(left, length);
      left -= taken;
      out.write(bytes, from, taken);
    }
  }
}
