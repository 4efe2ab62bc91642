import type { Storm } from './forged-storm.ts';

/** The verbs of a process inside one of the network namespaces. */
export interface InsideVerbs {
  /** @returns status 0 and the reason if there is no response */
  fetchText(url: string): Promise<{ readonly status: number; readonly text: string; readonly dateMs?: number }>;
  /** Sends forged datagrams evenly over a time. @returns how many packets the system accepted and refused */
  storm(request: Storm & { readonly withinMs: number }): Promise<{ readonly sent: number; readonly refused: number }>;
  /** Opens TCP connections and sends nothing on them. @returns how many were opened */
  holdConnections(request: { readonly address: string; readonly port: number; readonly count: number }): Promise<number>;
  releaseConnections(): void;
}
