package shipenv;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.lang.reflect.Method;
import java.net.URI;
import java.net.URISyntaxException;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileAlreadyExistsException;
import org.apache.hadoop.fs.FileChecksum;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.ParentNotDirectoryException;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.permission.FsAction;
import org.apache.hadoop.fs.permission.FsPermission;

/** What the sidecar can ask of a file system. A path is a URL, with its characters escaped. */
final class Operations {
  private static final short FOLDER_MODE = 0755;

  private final Configuration configuration = new Configuration();

  Operations() {
    // A checksum that does not depend on the size of blocks: that of the whole content, as the sidecar computes it.
    configuration.set("dfs.checksum.combine.mode", "COMPOSITE_CRC");
    // A login that failed once fails again: without this, a KDC that does not answer costs minutes.
    configuration.set("ipc.client.connect.max.retries.on.sasl", "0");
    // Each of these attempts takes 20 seconds, and 45 is the default.
    configuration.set("ipc.client.connect.max.retries.on.timeouts", "2");
  }

  FileSystem at(Path path) throws IOException {
    return FileSystem.get(path.toUri(), configuration);
  }

  static Path path(String url) throws IOException {
    try {
      return new Path(new URI(url));
    } catch (URISyntaxException error) {
      throw new IOException(error.getMessage(), error);
    }
  }

  /** Of a file or folder: its kind, length, modification time and identity; nothing when it does not exist. */
  Result stat(Path path) throws IOException {
    FileStatus found = statusOf(at(path), path);
    return found == null ? Result.of() : described(Result.of(), found);
  }

  /** For each entry: its name and what {@link #stat} tells; only "missing" when the folder does not exist. */
  Result list(Path folder) throws IOException {
    Result result = Result.of();
    try {
      for (FileStatus found : at(folder).listStatus(folder)) {
        described(result.add(found.getPath().getName()), found);
      }
    } catch (FileNotFoundException missing) {
      return Result.of("missing");
    }
    return result;
  }

  /** Makes a folder and its missing parents, all readable for everybody; existing ones stay as they are. */
  Result makeFolder(Path folder) throws IOException {
    makeFolder(at(folder), folder);
    return Result.of();
  }

  private static void makeFolder(FileSystem fileSystem, Path folder) throws IOException {
    FileStatus found = statusOf(fileSystem, folder);
    if (found != null) {
      if (!found.isDirectory()) throw new ParentNotDirectoryException(folder + " is not a directory");
      return;
    }
    if (folder.getParent() != null) makeFolder(fileSystem, folder.getParent());
    fileSystem.mkdirs(folder, new FsPermission(FOLDER_MODE));
    setMode(fileSystem, folder, FOLDER_MODE);
  }

  /** Gives a file its name, unless the name is taken. @return "renamed" or "taken" */
  Result rename(Path from, Path to) throws IOException {
    FileSystem fileSystem = at(from);
    // A rename to a folder would put the file into the folder.
    if (statusOf(fileSystem, to) != null) return Result.of("taken");
    try {
      if (fileSystem.rename(from, to)) return Result.of("renamed");
    } catch (FileAlreadyExistsException taken) {
      return Result.of("taken");
    }
    if (statusOf(fileSystem, to) != null) return Result.of("taken");
    throw new IOException("The file system did not rename " + from + " to " + to);
  }

  /** Deletes a file. @return "removed", "missing", or "folder" when it is one, which stays */
  Result remove(Path path) throws IOException {
    FileSystem fileSystem = at(path);
    FileStatus found = statusOf(fileSystem, path);
    if (found == null) return Result.of("missing");
    if (found.isDirectory()) return Result.of("folder");
    return Result.of(fileSystem.delete(path, false) ? "removed" : "missing");
  }

  /** The algorithm and the checksum of a file as hexadecimal digits; nothing when the file system keeps none. */
  Result checksum(Path path) throws IOException {
    FileChecksum found = at(path).getFileChecksum(path);
    if (found == null) return Result.of();
    StringBuilder digits = new StringBuilder();
    for (byte each : found.getBytes()) digits.append(String.format("%02x", each));
    return Result.of(found.getAlgorithmName(), digits.toString());
  }

  /**
   * Fails when files may not be made in the folder, or the folder may not be made.
   *
   * @return "found", or "missing" with the nearest folder above that exists
   */
  Result requireWritable(Path folder) throws IOException {
    FileSystem fileSystem = at(folder);
    Path nearest = folder;
    FileStatus found = statusOf(fileSystem, nearest);
    while (found == null && nearest.getParent() != null) {
      nearest = nearest.getParent();
      found = statusOf(fileSystem, nearest);
    }
    if (found == null) throw new FileNotFoundException(nearest + " does not exist");
    if (!found.isDirectory()) throw new ParentNotDirectoryException(nearest + " is not a directory");
    try {
      fileSystem.access(nearest, FsAction.WRITE_EXECUTE);
    } catch (UnsupportedOperationException untold) {
      // The write itself will tell.
    }
    if (nearest.equals(folder)) return Result.of("found");
    return Result.of("missing", fileSystem.makeQualified(nearest).toString());
  }

  static void setMode(FileSystem fileSystem, Path path, short mode) throws IOException {
    try {
      fileSystem.setPermission(path, new FsPermission(mode));
    } catch (UnsupportedOperationException without) {
      // A file system without modes.
    }
  }

  private static FileStatus statusOf(FileSystem fileSystem, Path path) throws IOException {
    try {
      return fileSystem.getFileStatus(path);
    } catch (FileNotFoundException missing) {
      return null;
    }
  }

  private static Result described(Result result, FileStatus found) {
    return result
        .add(found.isFile() ? "file" : "other")
        .add(Long.toString(found.getLen()))
        .add(Long.toString(found.getModificationTime()))
        .add(identityOf(found));
  }

  /** What another content of the same name does not have: HDFS gives each file a number, stores have an entity tag. */
  private static String identityOf(FileStatus found) {
    String number = told(found, "org.apache.hadoop.hdfs.protocol.HdfsFileStatus", "getFileId");
    return number.isEmpty() ? told(found, "org.apache.hadoop.fs.EtagSource", "getEtag") : number;
  }

  /** Asks by reflection, since older clients lack the types. @return empty when the status does not tell */
  private static String told(FileStatus found, String type, String question) {
    try {
      Class<?> known = Class.forName(type);
      if (!known.isInstance(found)) return "";
      Method method = known.getMethod(question);
      Object answer = method.invoke(found);
      return answer == null ? "" : answer.toString();
    } catch (ReflectiveOperationException unknown) {
      return "";
    }
  }
}
