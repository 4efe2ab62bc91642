import type { EngineEvent } from '../../src/index.ts';
import { ToldLayer } from '../../src/subscriber/told-layer.ts';

function told() {
  const events: EngineEvent[] = [];
  const layer = new ToldLayer({ transportId: 't', subscriptionId: 's' }, (event) => events.push(event));
  const needs = () => events.flatMap((event) => (event.type === 'lower-layers-needed' ? [event.areNeeded] : []));
  return { layer, events, needs };
}

test('a path that has not been probed yet is not taken for narrow', () => {
  const { layer, needs } = told();
  for (let nowMs = 0; nowMs < 2500; nowMs += 500) layer.noteShortage(nowMs, true, false);

  layer.noteShortage(2500, false, false);

  expect(needs()).toEqual([]);
});

test('lower layers are needed at once where a queue grows, after three seconds where it does not, and for ten beyond', () => {
  const queue = told();
  queue.layer.noteShortage(100, true, true);
  const slow = told();
  for (let nowMs = 0; nowMs <= 3000; nowMs += 500) slow.layer.noteShortage(nowMs, true, false);
  const atOnce = [queue.needs(), slow.needs()];

  for (let nowMs = 3500; nowMs < 20_000; nowMs += 500) slow.layer.noteShortage(nowMs, false, false);

  expect(atOnce).toEqual([[true], [true]]);
  expect(slow.needs()).toEqual([true, false]);
});

test('a layer is told once, with the reason of the grant that led to it', () => {
  const { layer, events } = told();
  layer.noteGrant('reduced', 'bandwidth', true);
  layer.noteLayer('q', undefined, undefined);
  layer.noteGrant('reduced', 'publisher', false);
  layer.noteLayer('q', undefined, undefined);

  expect(events).toEqual([
    { type: 'quality-changed', transportId: 't', subscriptionId: 's', quality: 'reduced', reason: 'bandwidth' },
    {
      type: 'layer-changed',
      transportId: 't',
      subscriptionId: 's',
      rid: 'q',
      spatialId: undefined,
      temporalId: undefined,
      reason: 'bandwidth',
    },
  ]);
});
