/**
 * The part of Hadoop's classes that our helper (hadoop/helper) calls, as Java sources without behaviour. The helper is
 * compiled against them, so that a build needs no Hadoop. At run time the person's own Hadoop client has the classes.
 * The signatures are those of Hadoop 2.8 to 3.5; the tests on real servers would notice a wrong one.
 */

/** @type {Readonly<Record<string, string>>} the body of each class or interface, by declaration */
const TYPES = {
  'org.apache.hadoop.conf class Configuration': `
    public Configuration() {}
    public void set(String name, String value) {}`,
  'org.apache.hadoop.fs class Path': `
    public Path(java.net.URI uri) {}
    public java.net.URI toUri() { return null; }
    public Path getParent() { return null; }
    public String getName() { return null; }`,
  'org.apache.hadoop.fs class FileStatus': `
    public boolean isFile() { return false; }
    public boolean isDirectory() { return false; }
    public long getLen() { return 0; }
    public long getModificationTime() { return 0; }
    public Path getPath() { return null; }`,
  'org.apache.hadoop.fs abstract class FileChecksum': `
    public abstract String getAlgorithmName();
    public abstract byte[] getBytes();`,
  'org.apache.hadoop.fs class FSDataInputStream extends java.io.DataInputStream': `
    public FSDataInputStream(java.io.InputStream in) { super(in); }`,
  'org.apache.hadoop.fs class FSDataOutputStream extends java.io.DataOutputStream': `
    public FSDataOutputStream(java.io.OutputStream out) { super(out); }`,
  'org.apache.hadoop.fs class FileAlreadyExistsException extends java.io.IOException': '',
  'org.apache.hadoop.fs class ParentNotDirectoryException extends java.io.IOException': `
    public ParentNotDirectoryException(String message) { super(message); }`,
  'org.apache.hadoop.fs.permission class FsPermission': `
    public FsPermission(short mode) {}`,
  'org.apache.hadoop.fs.permission enum FsAction': 'NONE, EXECUTE, WRITE, WRITE_EXECUTE',
  'org.apache.hadoop.util interface Progressable': '',
  'org.apache.hadoop.util class DataChecksum implements java.util.zip.Checksum': `
    public enum Type { NULL, CRC32, CRC32C, DEFAULT, MIXED }
    public static DataChecksum newDataChecksum(Type type, int bytesPerChecksum) { return null; }
    public void update(byte[] bytes, int from, int length) {}
    public void update(int each) {}
    public long getValue() { return 0; }
    public void reset() {}`,
  'org.apache.hadoop.ipc class RemoteException extends java.io.IOException': `
    public String getClassName() { return null; }`,
  'org.apache.hadoop.fs abstract class FileSystem': `
    public static FileSystem get(java.net.URI uri, org.apache.hadoop.conf.Configuration configuration)
        throws java.io.IOException { return null; }
    public abstract FileStatus getFileStatus(Path path) throws java.io.IOException;
    public abstract FileStatus[] listStatus(Path path) throws java.io.IOException;
    public abstract boolean mkdirs(Path path, org.apache.hadoop.fs.permission.FsPermission permission)
        throws java.io.IOException;
    public abstract boolean rename(Path from, Path to) throws java.io.IOException;
    public abstract boolean delete(Path path, boolean isRecursive) throws java.io.IOException;
    public FileChecksum getFileChecksum(Path path) throws java.io.IOException { return null; }
    public void access(Path path, org.apache.hadoop.fs.permission.FsAction action) throws java.io.IOException {}
    public Path makeQualified(Path path) { return null; }
    public void setPermission(Path path, org.apache.hadoop.fs.permission.FsPermission permission)
        throws java.io.IOException {}
    public short getDefaultReplication(Path path) { return 0; }
    public long getDefaultBlockSize(Path path) { return 0; }
    public FSDataInputStream open(Path path) throws java.io.IOException { return null; }
    public abstract FSDataOutputStream create(
        Path path,
        org.apache.hadoop.fs.permission.FsPermission permission,
        boolean isOverwriting,
        int bufferSize,
        short replication,
        long blockSize,
        org.apache.hadoop.util.Progressable progress)
        throws java.io.IOException;`
};

/** @returns {Readonly<Record<string, string>>} the Java sources, by path */
export function hadoopSignatures() {
  return Object.fromEntries(
    Object.entries(TYPES).map(([declaration, body]) => {
      const space = declaration.indexOf(' ');
      const [of, rest] = [declaration.slice(0, space), declaration.slice(space + 1)];
      const name = /(?:class|interface|enum) (\w+)/.exec(rest)?.[1] ?? '';
      return [`${of.replaceAll('.', '/')}/${name}.java`, `package ${of};\n\npublic ${rest} {\n${body}\n}\n`];
    })
  );
}
