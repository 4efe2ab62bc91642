/** Datagrams with which an attacker floods a media port. */
import { randomBytes, randomInt } from 'node:crypto';

/** The extensions of a ClientHello: type and length, then content. */
const EXTENSIONS: readonly (readonly [number, string])[] = [
  [10, '00020017'],
  [11, '0100'],
  [13, '00020403'],
  [14, '0002000100'],
  [23, ''],
];

/** A DTLS 1.2 ClientHello that any server may answer, in one record (RFC 6347 §4.2.1). */
export function clientHello(): Buffer {
  const extensions = Buffer.concat(
    EXTENSIONS.map(([type, hex]) => {
      const content = Buffer.from(hex, 'hex');
      return Buffer.concat([uint(type, 2), uint(content.length, 2), content]);
    }),
  );
  const body = Buffer.concat([
    Buffer.from('fefd', 'hex'),
    randomBytes(32),
    Buffer.from('0000', 'hex'),
    Buffer.from('0004c02b00ff', 'hex'),
    Buffer.from('0100', 'hex'),
    uint(extensions.length, 2),
    extensions,
  ]);
  const message = Buffer.concat([Buffer.of(1), uint(body.length, 3), uint(0, 2), uint(0, 3), uint(body.length, 3), body]);
  return Buffer.concat([Buffer.from('16fefd0000', 'hex'), uint(0, 6), uint(message.length, 2), message]);
}

/** Random bytes, up to the length of a datagram. */
export function randomDatagram(): Buffer {
  return randomBytes(randomInt(1, 1200));
}

function uint(value: number, bytes: number): Buffer {
  const buffer = Buffer.alloc(bytes);
  buffer.writeUIntBE(value, 0, bytes);
  return buffer;
}
