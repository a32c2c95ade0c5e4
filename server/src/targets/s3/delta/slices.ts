const MIB = 1024 * 1024;

/** Amazon's smallest part of an upload, but for the last one (Amazon S3 user guide, "multipart upload limits"). */
export const MIN_PART_BYTES = 5 * MIB;
/** Of a slice: several are copied at once, and one is done in a moment. */
const SLICE_BYTES = 64 * MIB;

/** A run of bytes of a segment that a store copies as one part, and that it shows by its ETag to have copied right. */
export interface Slice {
  readonly bytes: number;
  /** Lower-case hex; undefined where it must be computed. */
  readonly md5?: string | undefined;
}

/**
 * How a segment is cut into slices: a short one first, which can share a part with what is in front of it and too short
 * to be a part, and then even ones. Pure; no slice of a segment that has several is shorter than a part may be.
 *
 * @param bytes - of the segment
 * @returns bytes of each slice, from the first to the last
 */
export function slicesOf(bytes: number): number[] {
  if (bytes < 2 * MIN_PART_BYTES) return [bytes];
  const rest = bytes - MIN_PART_BYTES;
  const count = Math.ceil(rest / SLICE_BYTES);
  const at = (index: number): number => Math.floor((rest * index) / count);
  return [MIN_PART_BYTES, ...Array.from({ length: count }, (_, index) => at(index + 1) - at(index))];
}
