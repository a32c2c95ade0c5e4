/** Digits of a pointer file's sequence: as many as 2^64 has. The number is padded, so names sort like numbers. */
export const POINTER_SEQUENCE_DIGITS = 20;
/** Hexadecimal digits of the content's hash in the name of a pointer file. */
export const POINTER_HASH_DIGITS = 32;
/** The name of a pointer file: a regular expression with groups for sequence and hash, for Python too (ship_env_code.py). */
export const POINTER_NAME = String.raw`ship-env-code-([0-9]{${POINTER_SEQUENCE_DIGITS}})-([0-9a-f]{${POINTER_HASH_DIGITS}})\.json`;
/** Version of the form of a pointer file's content. Version 1, up to release 0.1.0, had no sha256. */
export const POINTER_SCHEMA = 2;
