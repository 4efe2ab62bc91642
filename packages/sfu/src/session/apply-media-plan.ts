/**
 * The steps from one picture of what the engine should be doing to the next. No verb lists its own steps, so none can forget one.
 */
import type { TransportPlan } from '@causeway/media';
import { type MediaPlan, NO_MEDIA } from '../negotiation/index.ts';
import type { Shard } from '../shard.ts';

/** Drives the engine from one picture to the next; what is the same in both is not touched. */
export function applyMediaPlan(shard: Shard, before: MediaPlan, after: MediaPlan): void {
  const isReplaced = before.transport !== undefined && before.transport.transportId !== after.transport?.transportId;
  // Everything moves with the transport: it is taken down whole and built up on the new one.
  const kept = isReplaced ? NO_MEDIA : after;
  for (const id of before.subscriptions.keys())
    if (!kept.subscriptions.has(id)) shard.send({ type: 'remove-subscriber-track', subscriptionId: id });
  for (const id of before.publications.keys()) if (!kept.publications.has(id)) shard.send({ type: 'remove-publisher-track', trackId: id });
  if (isReplaced) shard.send({ type: 'close-transport', transportId: before.transport.transportId });
  const standing = isReplaced ? NO_MEDIA : before;
  applyTransport(shard, standing.transport, after.transport);
  for (const [id, plan] of after.publications)
    if (!isSamePlan(standing.publications.get(id), plan)) shard.send({ type: 'put-publisher-track', plan });
  for (const [id, plan] of after.subscriptions)
    if (!isSamePlan(standing.subscriptions.get(id), plan)) shard.send({ type: 'put-subscriber-track', plan });
}

function applyTransport(shard: Shard, before: TransportPlan | undefined, after: TransportPlan | undefined): void {
  if (after === undefined) return;
  if (before === undefined) {
    shard.send({ type: 'open-transport', plan: after });
  } else if (!isSamePlan([before.local, before.remote], [after.local, after.remote])) {
    const { transportId, local, remote } = after;
    shard.send({ type: 'restart-ice', plan: { transportId, local, remote } });
  }
}

/** Plans are plain data that one function builds, so equal ones are written alike. */
function isSamePlan(one: unknown, other: unknown): boolean {
  if (one === other) return true;
  return one !== undefined && JSON.stringify(one) === JSON.stringify(other);
}
