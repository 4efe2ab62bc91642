import type { HmacSha1 } from '@causeway/wire';
import type { DatagramSink, PlainSink } from './demux/path.ts';
import type { EngineEventListener } from './engine-messages.ts';
import type { SecureSuite } from './secure-endpoint.ts';

/** What an engine requires of its owner. */
export interface EngineOptions {
  readonly suite: SecureSuite;
  readonly sink: DatagramSink;
  /** Where packets of transports with `security: 'none'` go. Default: nowhere, since there are none with a single thread. */
  readonly plainSink?: PlainSink | undefined;
  /** Called synchronously during engine calls. Record the event, and act on it after the call has returned. */
  readonly onEvent: EngineEventListener;
  /** Called when output (for example a DTLS reply) is waiting outside of an engine call. Call `flush` soon. */
  readonly onOutputReady: () => void;
  readonly hmacSha1: HmacSha1;
  /** Uniform in [0, 1). Need not be unpredictable. */
  readonly random: () => number;
  /** @returns unpredictable bytes */
  readonly randomBytes: (length: number) => Uint8Array;
  /** Added to the engine's clock to get milliseconds since 1970. */
  readonly wallClockOffsetMs: number;
}
