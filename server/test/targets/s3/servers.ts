import type { Make } from '../../support/s3-server.js';

/** The abilities of a test server. When a server lacks one, the tests say what is expected instead. */
export interface Server {
  readonly make: Make;
  /** It compares a body with the SHA-256 that is sent with it, and refuses the body when they differ. */
  readonly comparesChecksums: boolean;
  /** It keeps the SHA-256 of an object that was sent in one request, and tells it. */
  readonly tellsChecksums: boolean;
  /** It dates an upload in parts with the time at which it began. */
  readonly datesUploads: boolean;
  /** It refuses to copy from an object whose ETag is not the one in the request. */
  readonly comparesEtags: boolean;
  /** It accepts only one of several conditional writes of one name at the same moment. */
  readonly isAtomic: boolean;
  /** It checks signatures and knows users. */
  readonly checksSignatures: boolean;
}

/** Every test of a target that both servers support runs on both. */
export const SERVERS: readonly Server[] = [
  {
    make: 'versitygw',
    comparesChecksums: true,
    tellsChecksums: true,
    datesUploads: true,
    comparesEtags: true,
    isAtomic: true,
    checksSignatures: true
  },
  {
    make: 'moto',
    comparesChecksums: false,
    // moto keeps a checksum only when the request names the algorithm in a separate header.
    tellsChecksums: false,
    // moto dates every upload 10 November 2010.
    datesUploads: false,
    comparesEtags: false,
    // It checks the name and writes a moment later; both writes have the same content.
    isAtomic: false,
    checksSignatures: false
  }
];
