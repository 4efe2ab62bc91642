/** What DTLS dropped, by cause. There is one object per suite, and its counters only increase. */
export interface DtlsCounters {
  /** Records or handshake fragments that are malformed, of an unknown type, or out of place. */
  malformed: number;
  /** Unencrypted records after the handshake, and unencrypted alerts and other records during it. */
  plaintextRefused: number;
  /** Encrypted records that are not authentic or cannot be decrypted. */
  undecryptable: number;
  replayed: number;
}

export function createDtlsCounters(): DtlsCounters {
  return { malformed: 0, plaintextRefused: 0, undecryptable: 0, replayed: 0 };
}
