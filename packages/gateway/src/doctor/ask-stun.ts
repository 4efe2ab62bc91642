import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import type { SocketAddress } from '@causeway/sfu';

const MAGIC_COOKIE = 0x2112a442;
const BINDING_REQUEST = 0x0001;
const BINDING_SUCCESS = 0x0101;
const XOR_MAPPED_ADDRESS = 0x0020;
const HEADER_BYTES = 20;
const TRANSACTION_ID_BYTES = 12;
const IPV4 = 1;
const RETRY_MS = 250;
const TRIES = 6;

/**
 * Asks a STUN server, such as the media port of a node, for the mapped address of this machine.
 *
 * @returns undefined without a response within 1.5 s
 * @see RFC 8489 §5, §14.2
 */
export async function askStun({ address, port }: SocketAddress): Promise<string | undefined> {
  const transactionId = randomBytes(TRANSACTION_ID_BYTES);
  const request = Buffer.alloc(HEADER_BYTES);
  request.writeUInt16BE(BINDING_REQUEST, 0);
  request.writeUInt32BE(MAGIC_COOKIE, 4);
  transactionId.copy(request, 8);
  const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
  try {
    return await new Promise<string | undefined>((resolve) => {
      let tries = 0;
      const send = (): void => {
        if (tries++ === TRIES) {
          resolve(undefined);
          return;
        }
        // A refused datagram also arrives as an error event, and counts as no response.
        socket.send(request, port, address, () => undefined);
        timer = setTimeout(send, RETRY_MS);
      };
      let timer: NodeJS.Timeout | undefined;
      socket.on('error', () => undefined);
      socket.on('message', (message) => {
        const mapped = readMappedAddress(message, transactionId);
        if (mapped === undefined) return;
        clearTimeout(timer);
        resolve(mapped);
      });
      send();
    });
  } finally {
    socket.close();
  }
}

/** @returns undefined if the message is not the response to that request */
export function readMappedAddress(message: Buffer, transactionId: Buffer): string | undefined {
  const isAnswer =
    message.length >= HEADER_BYTES &&
    message.readUInt16BE(0) === BINDING_SUCCESS &&
    message.subarray(8, HEADER_BYTES).equals(transactionId);
  if (!isAnswer) return undefined;
  for (let offset = HEADER_BYTES; offset + 4 <= message.length; ) {
    const type = message.readUInt16BE(offset);
    const length = message.readUInt16BE(offset + 2);
    const value = message.subarray(offset + 4, offset + 4 + length);
    if (type === XOR_MAPPED_ADDRESS && value.length === length && length >= 8) {
      // The address is XORed with the magic cookie and the transaction id, which follow the message length.
      const plain = value.subarray(4).map((byte, index) => byte ^ (message[4 + index] ?? 0));
      return value[1] === IPV4 ? plain.join('.') : groupsOf(plain);
    }
    offset += 4 + length + ((4 - (length % 4)) % 4);
  }
  return undefined;
}

/** Formats an IPv6 address in its shortest form, without brackets. */
function groupsOf(bytes: Uint8Array): string {
  const groups = Array.from({ length: 8 }, (_, index) => (((bytes[2 * index] ?? 0) << 8) | (bytes[2 * index + 1] ?? 0)).toString(16));
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1);
}
