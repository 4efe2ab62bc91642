/** What the node thought of the viewer's path while a scenario ran, line by line: its estimate, what arrived, and each change of layer. */
import { createSfuApi } from '@causeway/client';
import type { SfuAccess } from '@causeway/e2e';
import type { ApiEvent } from '@causeway/protocol';
import type { PathSample } from './path-samples.ts';

export class CallTrace {
  readonly #startedAtMs = Date.now();
  readonly #stop = new AbortController();
  readonly #write: (line: string) => void;

  constructor(access: SfuAccess, write: (line: string) => void) {
    this.#write = write;
    void this.#followEvents(access);
  }

  note(what: string): void {
    this.#write(`    ${((Date.now() - this.#startedAtMs) / 1000).toFixed(1).padStart(6)} s  ${what}`);
  }

  noteSample({ estimateBps, deliveredBps, queueMs }: PathSample): void {
    if (estimateBps === 0) return;
    this.note(`estimate ${kbps(estimateBps)}, delivered ${kbps(deliveredBps)} kbit/s, queue ${queueMs.toFixed(0).padStart(3)} ms`);
  }

  close(): void {
    this.#stop.abort();
  }

  async #followEvents({ host, appId, secret }: SfuAccess): Promise<void> {
    const api = createSfuApi({ url: host, appId, credential: secret });
    for await (const event of api.events({ signal: this.#stop.signal })) this.#noteEvent(event);
  }

  #noteEvent({ type, mid, rid, spatial, temporal, quality, reason }: ApiEvent): void {
    if (type === 'layer.changed')
      this.note(
        `mid ${mid}: layer ${rid ?? 'none'}${spatial === undefined ? '' : ` up to S${spatial}`}${temporal === undefined ? '' : ` up to T${temporal}`} (${reason})`,
      );
    if (type === 'quality.changed') this.note(`mid ${mid}: ${quality} (${reason})`);
  }
}

function kbps(bitrateBps: number): string {
  return Math.round(bitrateBps / 1000)
    .toString()
    .padStart(5);
}
