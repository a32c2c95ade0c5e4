package shipenv;

import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.apache.hadoop.ipc.RemoteException;

/** The answer to a request: texts, of which the first is "ok" or "failed", and bytes. */
final class Result {
  private static final byte[] NOTHING = new byte[0];
  private static final int MOST_CAUSES = 12;

  private final List<String> texts = new ArrayList<>();
  private final byte[] bytes;
  private final int length;

  private Result(byte[] bytes, int length) {
    this.bytes = bytes;
    this.length = length;
  }

  static Result of(String... texts) {
    return of(NOTHING, 0, texts);
  }

  static Result of(byte[] bytes, int length, String... texts) {
    Result result = new Result(bytes, length);
    result.texts.add("ok");
    for (String text : texts) result.add(text);
    return result;
  }

  /** The class and the message of an error and of each of its causes. */
  static Result failed(Throwable error) {
    Result result = new Result(NOTHING, 0);
    result.texts.add("failed");
    Throwable cause = error;
    for (int count = 0; cause != null && count < MOST_CAUSES; count++, cause = cause.getCause()) {
      result.add(cause instanceof RemoteException ? ((RemoteException) cause).getClassName() : cause.getClass().getName());
      result.add(cause.getMessage());
    }
    return result;
  }

  Result add(String text) {
    texts.add(text == null ? "" : text);
    return this;
  }

  void write(int number, DataOutputStream out) throws IOException {
    List<byte[]> encoded = new ArrayList<>();
    int rest = 8 + length;
    for (String text : texts) {
      byte[] each = text.getBytes(StandardCharsets.UTF_8);
      encoded.add(each);
      rest += 4 + each.length;
    }
    out.writeInt(rest);
    out.writeInt(number);
    out.writeInt(encoded.size());
    for (byte[] each : encoded) {
      out.writeInt(each.length);
      out.write(each);
    }
    out.write(bytes, 0, length);
    out.flush();
  }
}
