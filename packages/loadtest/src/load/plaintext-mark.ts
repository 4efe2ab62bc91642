/**
 * Sixteen bytes that every payload of a load client contains. Ciphertext holds them by chance once in 2^128 packets, so a datagram
 * that shows them was sent in clear.
 */
export const PLAINTEXT_MARK: Uint8Array = new TextEncoder().encode('in clear: a leak');
