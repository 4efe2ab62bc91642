import type { CertificateFingerprint, OutboundStream, SecureEndpoint } from '@causeway/media';
import type { LocalCertificate } from '../../src/dtls/certificate.ts';
import { type CountingSecureSuite, createSecureSuite } from '../../src/index.ts';
import { DtlsEnd } from '../dtls/virtual-link.ts';
import { createEndpointPair, type EndpointPair, RecordingListener } from '../endpoint-pair.ts';
import { Flush } from '../srtp/flush.ts';
import { buildRtp, bytesOf } from '../srtp/packets.ts';

const PUBLISHED_SSRC = 7;
const FORWARDED_SSRC = 70;
const PAYLOAD_BYTES = 300;

/** A peer that speaks bare DTLS to an endpoint of the node, with whatever certificate and manners; datagrams travel through the event queue. */
export class HostilePeer {
  readonly server: SecureEndpoint;
  readonly serverHears = new RecordingListener();
  readonly client: DtlsEnd;
  /** What the node has sent it. */
  readonly answers: Uint8Array[] = [];

  constructor(suite: CountingSecureSuite, certificate: LocalCertificate, expected: readonly CertificateFingerprint[]) {
    this.server = suite.createEndpoint({ role: 'server', remoteFingerprints: expected, listener: this.serverHears });
    this.client = new DtlsEnd('client', certificate, [suite.fingerprint]);
    this.client.onSend = (datagram) => setImmediate(() => this.server.handleDtls(performance.now(), Uint8Array.from(datagram)));
    this.serverHears.onEvent = () => {
      for (const datagram of this.serverHears.output.splice(0)) {
        this.answers.push(datagram);
        setImmediate(() => this.client.association.handleDatagram(performance.now(), Uint8Array.from(datagram)));
      }
    };
    this.client.timers.fireDue(performance.now());
  }

  /** Resolves when both ends have finished the handshake. */
  async connected(): Promise<void> {
    await this.serverHears.connected;
    while (this.client.keys === undefined) await new Promise(setImmediate);
  }
}

/**
 * The secure half of a node with a stream through it: Alice's client encrypts, the node decrypts and encrypts again, Bob's client
 * decrypts. What attackers do to other endpoints of the same suite, or to these from outside, must not cost it a packet.
 */
export class StreamingNode {
  readonly suite: CountingSecureSuite;
  readonly alice: EndpointPair;
  readonly bob: EndpointPair;
  readonly #clientSuite: CountingSecureSuite;
  readonly #published: OutboundStream;
  readonly #forwarded: OutboundStream;
  readonly #hostile: HostilePeer[] = [];
  #index = 0;
  #received = 0;

  private constructor(suite: CountingSecureSuite, clientSuite: CountingSecureSuite) {
    this.suite = suite;
    this.#clientSuite = clientSuite;
    this.alice = createEndpointPair({ serverSuite: suite, clientSuite });
    this.bob = createEndpointPair({ serverSuite: suite, clientSuite });
    this.#published = this.alice.client.openOutboundStream(PUBLISHED_SSRC);
    this.#forwarded = this.bob.server.openOutboundStream(FORWARDED_SSRC);
  }

  /** A node whose two clients are connected. */
  static async create(): Promise<StreamingNode> {
    const options = { arenaSlots: 16, keystreamPages: 16 };
    const [suite, clientSuite] = await Promise.all([createSecureSuite(options), createSecureSuite(options)]);
    const node = new StreamingNode(suite, clientSuite);
    await Promise.all([node.alice, node.bob].flatMap(({ serverHears, clientHears }) => [serverHears.connected, clientHears.connected]));
    return node;
  }

  /** Sends packets through the node, with `attack` before each. */
  stream(packets: number, attack: () => void = () => undefined): void {
    for (let sent = 0; sent < packets; sent++) {
      attack();
      this.#sendOne();
    }
  }

  /** What the attacks have done to the stream and to those who have it. */
  get harm() {
    return {
      lost: this.#index - this.#received,
      closed: [this.alice, this.bob].map(({ serverHears }) => serverHears.closeReason),
    };
  }

  /** Lets a peer begin to shake hands with a new endpoint of the node. */
  attach(certificate: LocalCertificate, expected: readonly CertificateFingerprint[] = [certificate.fingerprint]): HostilePeer {
    const peer = new HostilePeer(this.suite, certificate, expected);
    this.#hostile.push(peer);
    return peer;
  }

  close(): void {
    for (const { server, client } of this.#hostile) {
      client.association.close();
      server.close();
    }
    for (const { server, client } of [this.alice, this.bob]) {
      client.close();
      server.close();
    }
  }

  #sendOne(): void {
    const index = this.#index++;
    const payload = bytesOf(`packet ${index}`, PAYLOAD_BYTES);
    const { packet, headerLength } = buildRtp({ ssrc: PUBLISHED_SSRC, seq: index, payload });
    const [uplink] = new Flush(this.#clientSuite).rtp(this.#published, packet, headerLength, index).protect();
    const atNode = decrypt(this.alice.server, uplink);
    if (atNode === undefined || !atNode.equals(packet)) return;
    const copy = Buffer.from(atNode);
    copy.writeUInt32BE(FORWARDED_SSRC, 8);
    const [downlink] = new Flush(this.suite).rtp(this.#forwarded, copy, headerLength, index).protect();
    if (decrypt(this.bob.client, downlink)?.equals(copy) === true) this.#received++;
  }
}

/** What `harm` is for a stream that was not harmed. */
export const UNHARMED = { lost: 0, closed: [undefined, undefined] };

function decrypt(endpoint: SecureEndpoint, packet: Buffer | undefined): Buffer | undefined {
  if (packet === undefined) return undefined;
  const length = endpoint.inbound.unprotectRtp(packet);
  return length < 0 ? undefined : packet.subarray(0, length);
}
