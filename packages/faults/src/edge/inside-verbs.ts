import type { Storm } from './forged-storm.ts';

/** What a process inside one of the namespaces does for those outside. */
export interface InsideVerbs {
  /** @returns status 0, and why, when there is no answer */
  fetchText(url: string): Promise<{ readonly status: number; readonly text: string; readonly dateMs?: number }>;
  /** Sends forged datagrams, evenly over a time. @returns how many packets the system took, and how many it refused */
  storm(request: Storm & { readonly withinMs: number }): Promise<{ readonly sent: number; readonly refused: number }>;
  /** Opens TCP connections and says nothing on them. @returns how many were opened */
  holdConnections(request: { readonly address: string; readonly port: number; readonly count: number }): Promise<number>;
  releaseConnections(): void;
}
