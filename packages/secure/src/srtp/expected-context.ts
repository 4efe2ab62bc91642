/**
 * Receiving state of the SSRCs of a link, which carries thousands of SSRCs and constantly new ones. State exists only for expected SSRCs,
 * which this side has chosen. SSRCs that have ended leave nothing behind but a minimum for new ones.
 */

import { ReplayWindow } from '../replay-window.ts';
import type { InboundStream, InboundStreams } from './inbound-context.ts';
import type { KeystreamWindow } from './keystream-window.ts';

export class ExpectedContext implements InboundStreams {
  /** Undefined until a packet has arrived. */
  readonly #streams = new Map<number, InboundStream | undefined>();
  readonly #createWindow: (ssrc: number) => KeystreamWindow | undefined;
  #highestExpected = -1;

  constructor(createWindow: (ssrc: number) => KeystreamWindow | undefined) {
    this.#createWindow = createWindow;
  }

  get size(): number {
    let size = 0;
    for (const stream of this.#streams.values()) if (stream !== undefined) size++;
    return size;
  }

  /**
   * Has no effect unless the SSRC is higher than all before. Received packets are not remembered, so an SSRC must not be used twice (RFC
   * 3711 §3.3.2).
   */
  expect(ssrc: number): void {
    if (ssrc <= this.#highestExpected) return;
    this.#highestExpected = ssrc;
    this.#streams.set(ssrc, undefined);
  }

  end(ssrc: number): void {
    this.#streams.get(ssrc)?.window?.release();
    this.#streams.delete(ssrc);
  }

  find(ssrc: number): InboundStream | undefined {
    return this.#streams.get(ssrc);
  }

  mayBegin(ssrc: number): boolean {
    return this.#streams.has(ssrc);
  }

  /** Always -1, since an SSRC that has ended is never used again. */
  retiredIndex(): number {
    return -1;
  }

  accept(ssrc: number, index: number): InboundStream | undefined {
    const stream = this.#streams.get(ssrc) ?? this.#create(ssrc);
    stream?.replay.accept(index);
    return stream;
  }

  close(): void {
    for (const stream of this.#streams.values()) stream?.window?.release();
    this.#streams.clear();
  }

  #create(ssrc: number): InboundStream | undefined {
    if (!this.#streams.has(ssrc)) return undefined;
    const stream = { replay: new ReplayWindow(), window: this.#createWindow(ssrc), lastUse: 0 };
    this.#streams.set(ssrc, stream);
    return stream;
  }
}
