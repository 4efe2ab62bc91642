import { peekRtpSeq, peekRtpSsrc } from '@causeway/wire';
import { type PacketCounts, PacketTally } from '../load/packet-tally.ts';
import { FeedbackReporter } from '../peer/feedback-reporter.ts';
import type { LoadPeerListener } from '../peer/load-peer.ts';
import { RtcpChannel } from '../peer/rtcp-channel.ts';
import type { RemoteTrack } from '../sfu-api.ts';
import { type LoadContext, LoadSession } from './load-session.ts';
import { PayloadInspector } from './payload-inspector.ts';

/** An RTP header and SRTP's tag. Shorter packets are not counted. */
const MIN_SRTP_BYTES = 12 + 10;

/** Counts the packets it receives without decrypting them; with `check`, it also decrypts them and compares every byte. */
export class SubscribingClient implements LoadPeerListener {
  readonly #tallyBySsrc = new Map<number, PacketTally>();
  readonly inspector: PayloadInspector | undefined;
  #session: LoadSession | undefined;
  #rtcp: RtcpChannel | undefined;
  #feedback: FeedbackReporter | undefined;

  private constructor(inspector: PayloadInspector | undefined) {
    this.inspector = inspector;
  }

  static async join(context: LoadContext, diligence: 'count' | 'check'): Promise<SubscribingClient> {
    const client = new SubscribingClient(diligence === 'check' ? new PayloadInspector() : undefined);
    client.#session = await LoadSession.join(context, { listener: client });
    client.#rtcp = new RtcpChannel(context.suite, client.#session.peer);
    return client;
  }

  /** ICE user fragment of the SFU. */
  get remoteUfrag(): string {
    return this.#session?.remoteUfrag ?? '';
  }

  /** How long ICE and DTLS took. */
  get connectedInMs(): number {
    return this.#session?.connectedInMs ?? 0;
  }

  async subscribe(track: RemoteTrack): Promise<void> {
    await this.#session?.subscribe(track);
    const id = this.#session?.transportWideId;
    if (id !== undefined && this.#rtcp !== undefined) this.#feedback ??= new FeedbackReporter(this.#rtcp, id);
  }

  /** Changes the layer of the first subscription, or pauses it. */
  async updateFirst(change: { readonly quality?: string; readonly paused?: boolean }): Promise<void> {
    await this.#session?.updateFirst(change);
  }

  onSrtp(packet: Buffer): void {
    if (packet.length < MIN_SRTP_BYTES) return;
    this.#tallyOf(peekRtpSsrc(packet)).add(peekRtpSeq(packet));
    this.#feedback?.note(packet);
    if (this.#session !== undefined) this.inspector?.inspect(packet, this.#session.peer.endpoint);
  }

  onSrtcp(): void {}

  /** One entry for each stream that has received packets. */
  counts(): PacketCounts[] {
    return [...this.#tallyBySsrc.values()].map((tally) => tally.counts());
  }

  async leave(): Promise<void> {
    this.#feedback?.close();
    await this.#session?.leave();
  }

  #tallyOf(ssrc: number): PacketTally {
    let tally = this.#tallyBySsrc.get(ssrc);
    if (tally === undefined) {
      tally = new PacketTally();
      this.#tallyBySsrc.set(ssrc, tally);
    }
    return tally;
  }
}
