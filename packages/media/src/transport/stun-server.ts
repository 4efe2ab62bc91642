/**
 * A plain STUN server for any client (the `stun:` URL of the API's Quick Start). An answer contains only the sender's own address, 32 bytes
 * for IPv4, and their number per second is limited for each neighbourhood, so the port is of little use as an amplifier.
 *
 * @see RFC 8489 §12 (basic server behaviour)
 */
import { type StunMessage, writeBindingSuccess } from '@causeway/wire';
import type { Path } from '../demux/path.ts';
import { DropReason } from '../drop-reason.ts';
import type { EngineContext } from '../engine-context.ts';

const ANSWERS_PER_SECOND = 50;
/** Limits all neighbourhoods together, because source addresses are easy to forge and every answer costs a send. */
const MAX_ANSWERS_PER_SECOND = 2000;

export class StunServer {
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
