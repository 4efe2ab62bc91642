/** What happens in each app, on all nodes, in one order: the log that nodes append to and read what clients are told from. */
import type { AppId } from '@causeway/protocol';

/** One event of a node, as it is appended. */
export interface OutgoingEvent {
  /** Grows with every event of that life of the node. */
  readonly serial: number;
  /** A JSON object without `id`. */
  readonly json: string;
  /** The id that it had before the log lost it; undefined if it was never known to be in the log. */
  readonly formerId: string | undefined;
}

/** Events of one app in one life of a node, oldest first. Without events it asks whether the one of `follows` is still in the log. */
export interface EventBatch {
  readonly appId: AppId;
  readonly nodeNo: number;
  readonly epoch: number;
  /** Serial of the event before the first one; 0 if there is none, or none that can still be had. */
  readonly follows: number;
  readonly events: readonly OutgoingEvent[];
}

/** What has become of a batch. */
export type AppendReceipt =
  /** All of it is in the log. */
  | {
      readonly type: 'appended';
      /** Ids of the last events of the batch, as far as they are known: of all of them, unless some had been appended before. */
      readonly ids: readonly string[];
    }
  /** Nothing of it is, because the log lacks events before it: it has lost all after this serial. */
  | { readonly type: 'gap'; readonly lastSerial: number };

/** One entry of the log. */
export type LogEntry =
  | {
      readonly type: 'event';
      /** Grows from entry to entry: `1764518400123-0`. */
      readonly id: string;
      /** What clients are told of it, without `id`; it comes from Redis and is to be checked. */
      readonly json: string;
      /** Present if it had that id before the log lost it. */
      readonly formerId: string | undefined;
    }
  /** Here the log has lost something. What can be had of that comes after it, and has former ids. */
  | { readonly type: 'loss'; readonly id: string };

/** A part of a log, and what is known of the rest. */
export interface LogReading {
  /** Id of the newest entry, kept or not; undefined if nothing is known of the app. */
  readonly lastId: string | undefined;
  /** Id of the newest entry that is no longer kept. */
  readonly cutId: string | undefined;
  /** Id of the newest entry that marks a loss. */
  readonly lossId: string | undefined;
  /** Oldest first. */
  readonly entries: readonly LogEntry[];
}

/** The logs of all apps. */
export interface AppEventLog {
  /** @throws SfuError `registry_unavailable` – it is not known whether it was appended; append the same again */
  append(batch: EventBatch): Promise<AppendReceipt>;
  /**
   * @param afterId the last entry that is known
   * @throws SfuError `registry_unavailable`
   */
  read(appId: AppId, afterId: string, maxEntries: number): Promise<LogReading>;
}
