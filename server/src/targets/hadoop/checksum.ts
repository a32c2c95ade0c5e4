import type { PayloadFacts } from '../../payloads/payload.js';
import type { HadoopOperations } from './operations.js';

/** HDFS's checksum of a whole file, which does not depend on the size of its blocks (Hadoop 3.1.1 and later). */
const COMPOSITE = 'COMPOSITE-CRC32C';

/**
 * Compares a file with what was sent, by the checksum that the DataNodes have of it.
 *
 * @param crc32c - of what was sent, as eight hexadecimal digits
 * @returns false when the checksums differ or the file system keeps no such one: then the file must be read. In an
 *   encryption zone, the checksum is that of the encrypted bytes
 */
export async function hasChecksum(
  operations: HadoopOperations,
  url: string,
  { bytes }: Pick<PayloadFacts, 'bytes'>,
  crc32c: string,
  signal: AbortSignal
): Promise<boolean> {
  // An empty file has no blocks, and so no checksum.
  if (bytes === 0) return false;
  const found = await operations.checksum(url, signal);
  return found?.algorithm === COMPOSITE && found.digits === crc32c;
}
