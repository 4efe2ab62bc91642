/** What the node thought of the viewer's path while a scenario ran, line by line: its estimate, what arrived, and each change of layer. */
import { createSfuApi } from '@causeway/client';
import type { SfuAccess } from '@causeway/e2e';
import type { ApiEvent } from '@causeway/protocol';

const EVERY_MS = 500;

export class CallTrace {
  readonly #startedAtMs = Date.now();
  readonly #stop = new AbortController();
  readonly #write: (line: string) => void;

  /** @param debugPort of the node, for its metrics */
  constructor(access: SfuAccess, debugPort: number, write: (line: string) => void) {
    this.#write = write;
    void this.#pollMetrics(debugPort);
    void this.#followEvents(access);
  }

  note(what: string): void {
    this.#write(`    ${((Date.now() - this.#startedAtMs) / 1000).toFixed(1).padStart(6)} s  ${what}`);
  }

  close(): void {
    this.#stop.abort();
  }

  async #pollMetrics(debugPort: number): Promise<void> {
    while (!this.#stop.signal.aborted) {
      const text = await fetch(`http://127.0.0.1:${debugPort}/metrics`, { signal: this.#stop.signal })
        .then((reply) => reply.text())
        .catch(() => '');
      const read = (kind: string) =>
        Number(new RegExp(`^causeway_path_bits_per_second\\{[^}]*"${kind}"\\} (\\S+)`, 'm').exec(text)?.[1] ?? 0);
      const [estimated, delivered] = [read('estimated'), read('delivered')];
      if (estimated > 0) this.note(`estimate ${kbps(estimated)}, delivered ${kbps(delivered)} kbit/s`);
      await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
    }
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
