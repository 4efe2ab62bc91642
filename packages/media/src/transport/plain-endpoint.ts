/**
 * The secure endpoint of a transport whose packets never leave the process: there is nobody to hide them from, so they stay as they are.
 */
import type { OutboundStream, PacketArena, ProtectBatch, SecureEndpoint } from '../secure-endpoint.ts';

export class PlainEndpoint implements SecureEndpoint {
  readonly rtcpStream: OutboundStream = { ssrc: 0 };
  readonly areKeysNearlyUsedUp = false;

  handleDtls(): void {}

  unprotectRtp(packet: Uint8Array): number {
    return packet.length;
  }

  unprotectRtcp(packet: Uint8Array): number {
    return packet.length;
  }

  expectInbound(): void {}

  endInbound(): void {}

  openOutboundStream(ssrc: number): OutboundStream {
    return { ssrc };
  }

  closeOutboundStream(): void {}

  openDataChannel(): undefined {
    return undefined;
  }

  sendData(): boolean {
    return false;
  }

  closeDataChannel(): void {}

  close(): void {}
}

/** What `SecureSuite.protect` is for other transports: packets go out as they were written. */
export function leavePlain({ count, plainLength, protectedLength }: ProtectBatch, { bytes }: PacketArena): Uint8Array {
  for (let row = 0; row < count; row++) protectedLength[row] = plainLength[row];
  return bytes;
}
