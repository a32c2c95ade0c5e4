package shipenv;

import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/** A request of the sidecar: a number, which the answer repeats, the operation with its arguments, and bytes. */
final class Request {
  final int number;
  private final String[] texts;
  final byte[] bytes;

  private Request(int number, String[] texts, byte[] bytes) {
    this.number = number;
    this.texts = texts;
    this.bytes = bytes;
  }

  String operation() {
    return texts[0];
  }

  String argument(int index) {
    return texts[index + 1];
  }

  /** Reads a frame (frames.ts has its layout); null at the end of the input. */
  static Request read(DataInputStream in) throws IOException {
    int rest;
    try {
      rest = in.readInt();
    } catch (EOFException end) {
      return null;
    }
    int number = in.readInt();
    String[] texts = new String[in.readInt()];
    rest -= 8;
    for (int index = 0; index < texts.length; index++) {
      byte[] text = new byte[in.readInt()];
      in.readFully(text);
      texts[index] = new String(text, StandardCharsets.UTF_8);
      rest -= 4 + text.length;
    }
    byte[] bytes = new byte[rest];
    in.readFully(bytes);
    return new Request(number, texts, bytes);
  }
}
