/**
 * Dispatches STUN messages: checks go to the transport whose user fragment they name, answers to the sender of the check, and everything
 * else to the STUN server.
 */
import { parseStun, STUN_METHOD_BINDING, type StunMessage, writeBindingSuccess } from '@causeway/wire';
import type { Path } from '../demux/path.ts';
import { DropReason } from '../drop-reason.ts';
import type { EngineContext } from '../engine-context.ts';
import type { PeerTransport } from './peer-transport.ts';

export class StunReceiver {
  readonly #context: EngineContext;
  readonly #server: StunServer;
  readonly #byUfrag = new Map<string, PeerTransport>();

  constructor(context: EngineContext) {
    this.#context = context;
    this.#server = new StunServer(context);
  }

  /** Number of local user fragments that peers may use. */
  get userFragments(): number {
    return this.#byUfrag.size;
  }

  handleStun(nowMs: number, path: Path, datagram: Uint8Array): void {
    const message = parseStun(datagram);
    if (message === undefined || message.method !== STUN_METHOD_BINDING) {
      this.#context.drops.increment(DropReason.MalformedStun);
    } else if (message.messageClass !== 'request') {
      this.#handleAnswer(nowMs, path, message);
    } else if (message.username === undefined) {
      this.#server.handleBindingRequest(nowMs, path, message);
    } else {
      this.#handleCheck(nowMs, path, message, message.username);
    }
  }

  /** Updates the index after a transport's local user fragments have changed. They are empty if it is closed. */
  reindex(transport: PeerTransport, before: readonly string[], now: readonly string[]): void {
    for (const ufrag of before) this.#byUfrag.delete(ufrag);
    for (const ufrag of now) this.#byUfrag.set(ufrag, transport);
  }

  #handleCheck(nowMs: number, path: Path, message: StunMessage, username: string): void {
    // The user name is our fragment, a colon, and the peer's fragment (RFC 8445 §7.2.2).
    const localUfrag = username.slice(0, Math.max(0, username.indexOf(':')));
    const transport = this.#byUfrag.get(localUfrag);
    if (transport === undefined) this.#context.drops.increment(DropReason.StunWrongUfrag);
    else if (transport.ice.handleBindingRequest(nowMs, path, message, localUfrag)) transport.connection.handleCheck(nowMs);
  }

  #handleAnswer(nowMs: number, path: Path, message: StunMessage): void {
    const { challenge } = path;
    if (challenge?.isAnsweredBy(message)) challenge.ice.prove(path);
    else if (!this.#context.checks.handleAnswer(nowMs, path, message)) this.#context.drops.increment(DropReason.StunUnsolicited);
  }
}

const ANSWERS_PER_SECOND = 50;
/** Limits all neighbourhoods together, because source addresses are easy to forge and every answer costs a send. */
const MAX_ANSWERS_PER_SECOND = 2000;

/**
 * A plain STUN server for any client (the `stun:` URL of the API's Quick Start). An answer contains only the sender's own address, 32 bytes
 * for IPv4, and their number per second is limited for each neighbourhood, so the port is of little use as an amplifier.
 *
 * @see RFC 8489 §12 (basic server behaviour)
 */
class StunServer {
  readonly #context: EngineContext;
  readonly #answered = new Map<string, number>();
  #secondStartedMs = 0;
  #answeredThisSecond = 0;

  constructor(context: EngineContext) {
    this.#context = context;
  }

  handleBindingRequest(nowMs: number, path: Path, request: StunMessage): void {
    if (!this.#admit(nowMs, path.remoteAddress)) {
      this.#context.drops.increment(DropReason.StunRateLimited);
      return;
    }
    const { transactionId } = request;
    const response = writeBindingSuccess({ transactionId, address: path.remoteAddress, port: path.remotePort, fingerprint: false });
    this.#context.outbox.addDatagram(path, response);
  }

  #admit(nowMs: number, address: string): boolean {
    if (nowMs - this.#secondStartedMs >= 1000) {
      this.#answered.clear();
      this.#answeredThisSecond = 0;
      this.#secondStartedMs = nowMs;
    }
    if (this.#answeredThisSecond >= MAX_ANSWERS_PER_SECOND) return false;
    const neighbourhood = neighbourhoodOf(address);
    const answered = this.#answered.get(neighbourhood) ?? 0;
    if (answered >= ANSWERS_PER_SECOND) return false;
    this.#answered.set(neighbourhood, answered + 1);
    this.#answeredThisSecond++;
    return true;
  }
}

/** The /24 of an IPv4 address, or the first three groups of an IPv6 address. */
function neighbourhoodOf(address: string): string {
  const separator = address.includes(':') ? ':' : '.';
  return address.split(separator, 3).join(separator);
}
