/**
 * The SFU that one would write first with werift: one `RTCPeerConnection` per client, every packet of a track handed to the sender of every
 * subscriber, and every message of a data channel to the channel of every subscriber. It exists only to be measured.
 */
import { randomUUID } from 'node:crypto';
import { type MediaStreamTrack, type RTCDataChannel, RTCPeerConnection, type RTCRtpTransceiver, useOPUS, useVP8 } from 'werift';

interface NaiveSession {
  readonly connection: RTCPeerConnection;
  readonly published: Map<string, PublishedTrack>;
  /** The channels that the client has opened, by label. */
  readonly channels: Map<string, RTCDataChannel>;
}

interface PublishedTrack {
  readonly track: MediaStreamTrack;
  readonly transceiver: RTCRtpTransceiver;
}

export interface NaiveSessionCreated {
  readonly sessionId: string;
  readonly answerSdp: string;
}

export class NaiveSfu {
  readonly #sessions = new Map<string, NaiveSession>();

  async createSession(offerSdp: string): Promise<NaiveSessionCreated> {
    const connection = new RTCPeerConnection({
      codecs: { audio: [useOPUS()], video: [useVP8()] },
      iceServers: [],
      iceAdditionalHostAddresses: ['127.0.0.1'],
    });
    const session: NaiveSession = { connection, published: new Map(), channels: new Map() };
    connection.onDataChannel.subscribe((channel) => session.channels.set(channel.label, channel));
    await connection.setRemoteDescription({ type: 'offer', sdp: offerSdp });
    for (const transceiver of connection.getTransceivers()) notePublishedTrack(session, transceiver);
    await connection.setLocalDescription(await connection.createAnswer());
    const sessionId = randomUUID();
    this.#sessions.set(sessionId, session);
    return { sessionId, answerSdp: localSdp(connection) };
  }

  /** @returns the offer that the subscriber must answer */
  async subscribe(sessionId: string, remoteSessionId: string, remoteTrackId: string): Promise<string> {
    const { connection } = this.#session(sessionId);
    const source = this.#session(remoteSessionId).published.get(remoteTrackId);
    if (source === undefined) throw new Error(`Session ${remoteSessionId} publishes no track ${remoteTrackId}`);
    const { sender } = connection.addTransceiver(source.track.kind, { direction: 'sendonly' });
    source.track.onReceiveRtp.subscribe((packet) => sender.sendRtp(packet));
    sender.onPictureLossIndication.subscribe(() => requestKeyframe(source));
    await connection.setLocalDescription(await connection.createOffer());
    return localSdp(connection);
  }

  /** @throws Error – there is no such channel yet */
  subscribeData(sessionId: string, remoteSessionId: string, label: string): void {
    const source = this.#session(remoteSessionId).channels.get(label);
    if (source === undefined) throw new Error(`Session ${remoteSessionId} has no data channel ${label}`);
    const channel = this.#session(sessionId).connection.createDataChannel(label);
    source.onMessage.subscribe((data) => channel.send(data));
    channel.onMessage.subscribe((data) => source.send(data));
  }

  async answer(sessionId: string, answerSdp: string): Promise<void> {
    await this.#session(sessionId).connection.setRemoteDescription({ type: 'answer', sdp: answerSdp });
  }

  async deleteSession(sessionId: string): Promise<void> {
    await this.#session(sessionId).connection.close();
    this.#sessions.delete(sessionId);
  }

  #session(sessionId: string): NaiveSession {
    const session = this.#sessions.get(sessionId);
    if (session === undefined) throw new Error(`There is no session ${sessionId}`);
    return session;
  }
}

function notePublishedTrack(session: NaiveSession, transceiver: RTCRtpTransceiver): void {
  const { remoteTrackId, track } = transceiver.receiver;
  if (remoteTrackId !== undefined) session.published.set(remoteTrackId, { track, transceiver });
}

function requestKeyframe({ track, transceiver }: PublishedTrack): void {
  if (track.ssrc !== undefined) void transceiver.receiver.sendRtcpPLI(track.ssrc);
}

function localSdp(connection: RTCPeerConnection): string {
  const sdp = connection.localDescription?.sdp;
  if (sdp === undefined) throw new Error('The connection has no local description');
  return sdp;
}
