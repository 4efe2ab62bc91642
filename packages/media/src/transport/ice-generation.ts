import type { IceCredentials } from '../plan.ts';

/**
 * One pair of credentials, ready for use. An ICE restart adds a second pair; the older one is dropped when the peer nominates a path with
 * the newer.
 */
export interface IceGeneration {
  readonly localUfrag: string;
  readonly localKey: Uint8Array;
  readonly remoteUfrag: string;
  readonly remoteKey: Uint8Array;
}

export function createGeneration(local: IceCredentials, remote: IceCredentials): IceGeneration {
  return {
    localUfrag: local.ufrag,
    localKey: asciiBytes(local.password),
    remoteUfrag: remote.ufrag,
    remoteKey: asciiBytes(remote.password),
  };
}

/** Converts a password, which the grammar of ice-pwd limits to ASCII (RFC 8839 §5.4). */
function asciiBytes(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let index = 0; index < bytes.length; index++) bytes[index] = text.charCodeAt(index);
  return bytes;
}
