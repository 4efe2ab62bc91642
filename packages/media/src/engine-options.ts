import type { HmacSha1 } from '@causeway/wire';
import type { DatagramSink, PlainSink } from './demux/path.ts';
import type { EngineEventListener } from './engine-messages.ts';
import type { SecureSuite } from './secure-endpoint.ts';

/** What an engine needs from its owner. */
export interface EngineOptions {
  readonly suite: SecureSuite;
  readonly sink: DatagramSink;
  /** Where packets of transports with `security: 'none'` go. Default: nowhere, for where there is one thread there are none. */
  readonly plainSink?: PlainSink | undefined;
  /** Called synchronously from within engine calls: note the event, and act after the call has returned. */
  readonly onEvent: EngineEventListener;
  /** Output is waiting (a DTLS reply, say) though no engine call is under way: call `flush` soon. */
  readonly onOutputReady: () => void;
  readonly hmacSha1: HmacSha1;
  /** Uniform in [0, 1). Need not be unpredictable. */
  readonly random: () => number;
  /** @returns unpredictable bytes */
  readonly randomBytes: (length: number) => Uint8Array;
  /** Added to the engine's clock to get milliseconds since 1970. */
  readonly wallClockOffsetMs: number;
}
