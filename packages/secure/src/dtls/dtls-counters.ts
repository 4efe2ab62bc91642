/** What DTLS dropped, by cause. One object per suite, counting up. */
export interface DtlsCounters {
  /** Records or handshake fragments that are none, of an unknown kind, or out of place. */
  malformed: number;
  /** Unencrypted records after the handshake, and unencrypted alerts and other records before that. */
  plaintextRefused: number;
  /** Encrypted records that are not authentic or cannot be decrypted. */
  undecryptable: number;
  replayed: number;
}

export function createDtlsCounters(): DtlsCounters {
  return { malformed: 0, plaintextRefused: 0, undecryptable: 0, replayed: 0 };
}
