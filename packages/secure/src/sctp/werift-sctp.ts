/**
 * werift, loaded when it is first asked for: it takes 40 MB and 150 ms, during which the thread does nothing else. A node asks for it
 * before it serves anybody, or its first data channel would hold up the media of all; clients of the load generator never need it.
 */
import type { RTCDtlsTransport, RTCSctpTransport } from 'werift';

export type WeriftSctp = RTCSctpTransport['sctp'];

/** Makes an association that hands its packets to `output`. */
export type SctpFactory = (output: (packet: Uint8Array) => void) => WeriftSctp;

/** The port that SDP says (`a=sctp-port`); inside DTLS it distinguishes nothing. */
export const SCTP_PORT = 5_000;

let loading: Promise<SctpFactory> | undefined;

export function loadSctp(): Promise<SctpFactory> {
  loading ??= load();
  return loading;
}

async function load(): Promise<SctpFactory> {
  const werift = await import('werift');
  return (output) => {
    const standIn = {
      id: 'dtls',
      onStateChange: new werift.Event<[string]>(),
      dataReceiver: (_data: Buffer): void => {},
      sendData: async (packet: Buffer): Promise<void> => output(packet),
    };
    // Its SCTP is not exported; it comes with a transport, whose own ideas of data channels are taken off it.
    const transport = new werift.RTCSctpTransport(SCTP_PORT);
    transport.setDtlsTransport(standIn as unknown as RTCDtlsTransport);
    const { sctp } = transport;
    sctp.onReceive.allUnsubscribe();
    sctp.onReconfigStreams.allUnsubscribe();
    for (const event of Object.values(sctp.stateChanged)) event.allUnsubscribe();
    return sctp;
  };
}
