/** The log of each app's events on all nodes, in one order. Nodes append to it, and read from it what they send to clients. */
import type { AppId } from '@causeway/protocol';

/** One event of a node, as appended. */
export interface OutgoingEvent {
  /** Increases with every event of this life of the node. */
  readonly serial: number;
  /** A JSON object without `id`. */
  readonly json: string;
  /** The id that the event had before the log lost it; undefined if it is not known to have been in the log. */
  readonly formerId: string | undefined;
}

/** Events of one app in one life of a node, oldest first. A batch without events asks whether the event `follows` is still in the log. */
export interface EventBatch {
  readonly appId: AppId;
  readonly nodeNo: number;
  readonly epoch: number;
  /** Serial of the event before the first one; 0 if there is none, or none that is still available. */
  readonly follows: number;
  readonly events: readonly OutgoingEvent[];
}

/** The result of appending a batch. */
export type AppendReceipt =
  /** All events of the batch are in the log. */
  | {
      readonly type: 'appended';
      /** Ids of the last events of the batch, as far as they are known; there may be ids of events before the batch in front of them. */
      readonly ids: readonly string[];
    }
  /** None of the events were appended, because the log lacks earlier ones: it has lost all events after this serial. */
  | { readonly type: 'gap'; readonly lastSerial: number };

/** One entry of the log. */
export type LogEntry =
  | {
      readonly type: 'event';
      /** Increases from entry to entry, for example `1764518400123-0`. */
      readonly id: string;
      /** The event as clients receive it, without `id`. It comes from Redis and must be validated. */
      readonly json: string;
      /** Present if the event had this id before the log lost it. */
      readonly formerId: string | undefined;
    }
  /** The log may have lost events at this position. Those that could be recovered follow, with their former ids. */
  | { readonly type: 'loss'; readonly id: string };

/** A section of a log, and the state of the rest. */
export interface LogReading {
  /** Id of the newest entry, including entries that are no longer kept; undefined if the app has no log. */
  readonly lastId: string | undefined;
  /** Id of the newest entry that is no longer kept. */
  readonly cutId: string | undefined;
  /** Id of the newest mark behind which lost events were appended again. */
  readonly lossId: string | undefined;
  /** Oldest first. */
  readonly entries: readonly LogEntry[];
}

/** The logs of all apps. */
export interface AppEventLog {
  /** @throws SfuError `registry_unavailable` if it is not known whether the batch was appended; append the same batch again */
  append(batch: EventBatch): Promise<AppendReceipt>;
  /**
   * @param afterId id of the last entry that the caller knows
   * @throws SfuError `registry_unavailable`
   */
  read(appId: AppId, afterId: string, maxEntries: number): Promise<LogReading>;
}
