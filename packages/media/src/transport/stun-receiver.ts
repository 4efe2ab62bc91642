/**
 * Dispatches STUN messages: checks go to the transport whose user fragment they name, answers to the sender of the check, and everything
 * else to the STUN server.
 */
import { parseStun, STUN_METHOD_BINDING, type StunMessage } from '@causeway/wire';
import type { Path } from '../demux/path.ts';
import { DropReason } from '../drop-reason.ts';
import type { EngineContext } from '../engine-context.ts';
import type { PeerTransport } from './peer-transport.ts';
import { StunServer } from './stun-server.ts';

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
    else if (transport.ice.handleBindingRequest(nowMs, path, message, localUfrag)) transport.handleCheck(nowMs);
  }

  #handleAnswer(nowMs: number, path: Path, message: StunMessage): void {
    const { challenge } = path;
    if (challenge?.isAnsweredBy(message)) challenge.ice.prove(path);
    else if (!this.#context.checks.handleAnswer(nowMs, path, message)) this.#context.drops.increment(DropReason.StunUnsolicited);
  }
}
