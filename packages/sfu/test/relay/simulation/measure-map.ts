/** Run by `scripts/simulate measure`: what the map of links costs one node, by the number of nodes. Figures of docs/operate/scale.md. */

import type { NodeRecord } from '../../../src/nodes/node-directory.ts';
import { StaticNodeDirectory } from '../../../src/nodes/static-node-directory.ts';
import { encodeControlMessage, numberMessage, readControlMessage } from '../../../src/relay/links/message-text.ts';
import { LinkStateTable, type NodeLinkState } from '../../../src/relay/path/link-state-table.ts';
import { RouteFinder } from '../../../src/relay/path/route-finder.ts';
import { changeOf, changesMessage, stateOf, wholeStateMessage } from '../../../src/relay/path/told-links.ts';
import { createGlobe, globeRecord } from '../doubles/globe-map.ts';

const SIZES = [20, 100, 300, 500];
const WARM_UP = 200;
const ROUNDS = 500;
const FAN_OUT = 16;

/**
 * @param prepare what goes before each round and is not measured
 * @returns microseconds, the median of all rounds: other work on the machine takes the CPU away in some of them
 */
function measure(what: (round: number) => void, prepare: (round: number) => void = () => undefined): number {
  const tookMs: number[] = [];
  for (let round = 0; round < WARM_UP + ROUNDS; round++) {
    prepare(round);
    const startedAtMs = performance.now();
    what(round);
    if (round >= WARM_UP) tookMs.push(performance.now() - startedAtMs);
  }
  return 1000 * (tookMs.toSorted((one, other) => one - other)[ROUNDS / 2] ?? Number.NaN);
}

function measureSize(size: number): readonly number[] {
  const states = createGlobe(size);
  const table = new LinkStateTable();
  for (const state of states) table.put(state);
  const records = states.map(({ nodeNo }) => globeRecord(nodeNo, size));
  const directory = new StaticNodeDirectory(records[0] as NodeRecord, records.slice(1));
  const routes = new RouteFinder(directory, table, FAN_OUT);

  // Each change makes every remembered route void, so each plan is worked out from the map.
  const change = (round: number): void => {
    const state = states[1 + (round % (size - 1))] as NodeLinkState;
    const links = new Map(state.links);
    links.set(1, { rttMs: 5 + (round % 200), lossRatio: 0, pricePerGb: 0.02 });
    table.put({ ...state, revision: 2 + round, links });
  };
  const planUs = measure(
    (round) => routes.plan(2 + (round % (size - 1)), `session-${round}/p0`, new Map()),
    (round) => change(round + 10_000),
  );
  const rememberedUs = measure(() => routes.plan(2, 'session-1/p0', new Map()));

  const whole = numberMessage(1, encodeControlMessage(wholeStateMessage(states[1] as NodeLinkState)) ?? '');
  const readWhole = (round: number): void => {
    const read = readControlMessage(whole);
    if (read.type !== 'message' || read.message.type !== 'link-state') throw new Error('it cannot be read');
    table.put({ ...stateOf(read.message), revision: 1_000_000 + round });
  };
  const wholeUs = measure(readWhole);
  const few = numberMessage(1, encodeControlMessage(changesMessage(states[1] as NodeLinkState, 0, [1])) ?? '');
  const fewUs = measure(() => {
    const read = readControlMessage(few);
    if (read.type !== 'message' || read.message.type !== 'links-changed') throw new Error('it cannot be read');
    table.change(2, changeOf(read.message));
  });
  // A node that starts again is told by each other what that one's links are, and tells each its own; the others hear of one link each.
  const restartedMs = (wholeUs * (size - 1)) / 1000;
  const otherMs = (fewUs * (size - 2) + wholeUs) / 1000;
  return [size, planUs, rememberedUs, whole.length, wholeUs, fewUs, restartedMs, otherMs];
}

console.log(
  '| nodes | plan after a change, us | plan remembered, us | whole state, bytes | read it, us | read a change, us | CPU of a node that restarts, ms | CPU of every other, ms |',
);
console.log('|---|---|---|---|---|---|---|---|');
for (const size of SIZES) {
  const [nodes, ...figures] = measureSize(size);
  console.log(`| ${nodes} | ${figures.map((figure) => (figure < 10 ? figure.toFixed(2) : figure.toFixed(0))).join(' | ')} |`);
}
