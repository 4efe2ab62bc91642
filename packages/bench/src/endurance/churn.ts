/** Measures what remains of thousands of sessions that come and go in one process. */
import { repeatConcurrently } from '@causeway/loadtest';
import { PATIENCE } from '../contestants/causeway-process.ts';
import type { MemorySample } from '../processes/probe-verbs.ts';
import { Visitors } from './visits.ts';
import { type LiveObjects, objectsLeft, WatchedNode } from './watched-node.ts';

export interface ChurnOptions {
  readonly sessions: number;
  /** Memory is compared with that after this many sessions, when code is compiled and pools are filled. */
  readonly sessionsBefore: number;
  /** How long to wait at the end until the clients' idle HTTP connections are closed, which either side may do. */
  readonly connectionPatienceMs: number;
}

export interface ChurnReport {
  readonly sessionsCreated: number;
  /** The memory once the first sessions had gone, and once all had. */
  readonly memoryBefore: MemorySample;
  readonly memoryAfter: MemorySample;
  /** Counts of live objects that are not zero at the end. Idle HTTP connections are not among them. */
  readonly left: readonly string[];
  /** Handles by kind, before the first session and after the last. */
  readonly handlesBefore: LiveObjects['process']['activeResources'];
  readonly handlesAfter: LiveObjects['process']['activeResources'];
}

const VISITS_AT_ONCE = 8;
/** On a machine as busy as this makes it, a client whose goodbye was lost is closed after 35 s (docs/api.md §9). */
const SETTLE_MS = 60_000;

export function measureChurn(
  { sessions, sessionsBefore, connectionPatienceMs }: ChurnOptions,
  note: (progress: string) => void,
): Promise<ChurnReport> {
  return WatchedNode.with(async (node) => {
    const handlesBefore = (await node.liveObjects()).process.activeResources;
    const visitors = await Visitors.arrive(node.address);
    const visit = async (count: number): Promise<MemorySample> => {
      await repeatConcurrently(count, VISITS_AT_ONCE, () => visitors.visit());
      await node.lookUntil(({ objects }) => objects.sessions?.sessions === 1, SETTLE_MS);
      return node.memory();
    };
    const memoryBefore = await visit(sessionsBefore);
    note(`${sessionsBefore} sessions have come and gone`);
    const memoryAfter = await visit(sessions - sessionsBefore);
    note(`${sessions} sessions have come and gone`);
    await visitors.leave();
    const { objects } = await node.lookUntil((now) => objectsLeft(now).length === 0, SETTLE_MS);
    const seen = await node.lookUntil(({ objects: { http } }) => http?.connections === 0, connectionPatienceMs);
    return {
      sessionsCreated: await node.metric('causeway_sessions_created_total'),
      memoryBefore,
      memoryAfter,
      left: objectsLeft({ objects }),
      handlesBefore,
      handlesAfter: seen.process.activeResources,
    };
  }, PATIENCE);
}
