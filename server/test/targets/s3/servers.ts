import type { Make } from '../../support/s3-server.js';

/** What a server of the tests does. Where it cannot, the tests state what is expected instead. */
export interface Server {
  readonly make: Make;
  /** It compares a body with the SHA-256 that is sent along, and refuses it when the two differ. */
  readonly comparesChecksums: boolean;
  /** It keeps the SHA-256 of an object that was sent in one request, and tells it. */
  readonly tellsChecksums: boolean;
  /** It dates an upload in parts with the time at which it began. */
  readonly datesUploads: boolean;
  /** It refuses to copy from an object whose ETag is another than the one that was asked for. */
  readonly comparesEtags: boolean;
  /** Of several conditional writes of one name at the same moment it takes one. */
  readonly isAtomic: boolean;
  /** It checks signatures and knows users. */
  readonly checksSignatures: boolean;
}

/** Every behaviour of a target that can be tried on both is tried on both. */
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
    // moto keeps one only when the request names the algorithm in a header of its own.
    tellsChecksums: false,
    // Every upload began on 10 November 2010.
    datesUploads: false,
    comparesEtags: false,
    // It looks, and writes a moment later; what is written has the same content.
    isAtomic: false,
    checksSignatures: false
  }
];
