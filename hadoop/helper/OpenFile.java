package shipenv;

import java.io.IOException;
import java.io.InputStream;
import java.util.concurrent.ExecutorService;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.permission.FsPermission;
import org.apache.hadoop.util.DataChecksum;

/** A file that is written, read or only digested. A thread of its own does its work in order. */
final class OpenFile {
  private static final int BYTES_PER_CHECKSUM = 512;

  final ExecutorService thread;
  private final DataChecksum checksum =
      DataChecksum.newDataChecksum(DataChecksum.Type.CRC32C, BYTES_PER_CHECKSUM);
  private long length;
  private volatile FileSystem fileSystem;
  private volatile Path path;
  private volatile FSDataOutputStream output;
  private volatile InputStream input;
  private volatile boolean isAbandoned;

  OpenFile(ExecutorService thread) {
    this.thread = thread;
  }

  /** Creates a file; an existing one is an error. */
  synchronized void create(FileSystem fileSystem, Path path, short mode) throws IOException {
    requireWanted();
    this.fileSystem = fileSystem;
    this.path = path;
    output =
        fileSystem.create(
            path,
            new FsPermission(mode),
            false,
            64 * 1024,
            fileSystem.getDefaultReplication(path),
            fileSystem.getDefaultBlockSize(path),
            null);
  }

  void open(InputStream content) {
    input = content;
  }

  /** Adds bytes to the digest, and to the file when it is written. */
  void append(byte[] bytes) throws IOException {
    requireWanted();
    checksum.update(bytes, 0, bytes.length);
    length += bytes.length;
    if (output != null) output.write(bytes, 0, bytes.length);
  }

  /** Fills the buffer as far as the file goes. @return the number of bytes; less than the buffer's at the end */
  int read(byte[] into) throws IOException {
    int filled = 0;
    while (filled < into.length) {
      int count = input.read(into, filled, into.length - filled);
      if (count < 0) break;
      filled += count;
    }
    return filled;
  }

  /** Ends the file. @return its length, and the CRC-32C of what was appended as eight hexadecimal digits */
  Result finish(short mode) throws IOException {
    if (output != null) {
      output.close();
      // The umask may have removed permissions.
      Operations.setMode(fileSystem, path, mode);
      output = null;
    }
    if (input != null) input.close();
    return Result.of(Long.toString(length), String.format("%08x", (int) checksum.getValue()));
  }

  /**
   * Removes a file that is being written, also while its creation is under way. It is removed before its stream is
   * closed: a close waits for the data nodes, and would give the file a length.
   */
  synchronized void abandon() throws IOException {
    isAbandoned = true;
    if (path != null) fileSystem.delete(path, false);
    thread.shutdown();
    new HadoopHelper.Daemons().newThread(this::closeQuietly).start();
  }

  private void closeQuietly() {
    try {
      if (output != null) output.close();
      if (input != null) input.close();
    } catch (IOException gone) {
      // The file is gone, which is what was wanted.
    }
  }

  private void requireWanted() throws IOException {
    if (isAbandoned) throw new IOException("The file was abandoned");
  }
}
