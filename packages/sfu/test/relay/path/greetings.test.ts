import { VirtualClock } from '@causeway/testkit/virtual-clock';
import type { NodeLink } from '../../../src/relay/links/node-link.ts';
import { Greetings } from '../../../src/relay/path/greetings.ts';

function scene() {
  const clock = new VirtualClock();
  const rounds: { readonly atMs: number; readonly nodeNos: readonly number[] }[] = [];
  const greetings = new Greetings({
    clock,
    greet: (links) => rounds.push({ atMs: clock.nowMs(), nodeNos: links.map(({ peer }) => peer.nodeNo) }),
  });
  return { clock, rounds, greetings };
}

function linkTo(nodeNo: number): NodeLink & { isUp: boolean } {
  return { peer: { nodeNo }, isUp: true } as unknown as NodeLink & { isUp: boolean };
}

describe('links that come up', () => {
  it('are greeted at once if they come up alone', async () => {
    const { clock, rounds, greetings } = scene();

    greetings.note(linkTo(2));
    await clock.advance(500);
    greetings.note(linkTo(3));

    expect(rounds).toEqual([
      { atMs: 0, nodeNos: [2] },
      { atMs: 500, nodeNos: [3] },
    ]);
  });

  it('are greeted together, 100 ms after the one before, if many come up within moments', async () => {
    const { clock, rounds, greetings } = scene();

    for (let nodeNo = 2; nodeNo <= 300; nodeNo++) {
      greetings.note(linkTo(nodeNo));
      await clock.advance(1);
    }
    await clock.advance(100);

    expect(rounds.map(({ atMs }) => atMs)).toEqual([0, 100, 200, 300]);
    const greeted = rounds.flatMap(({ nodeNos }) => nodeNos);
    expect(greeted).toEqual(Array.from({ length: 299 }, (_, index) => index + 2));
  });

  it('are greeted once if they come up twice before, and not at all if they are down by then', async () => {
    const { clock, rounds, greetings } = scene();
    const [flapping, lost] = [linkTo(3), linkTo(4)];

    for (const link of [linkTo(2), flapping, lost, flapping]) greetings.note(link);
    lost.isUp = false;
    await clock.advance(100);

    expect(rounds.map(({ nodeNos }) => nodeNos)).toEqual([[2], [3]]);
  });

  it('are no longer greeted once the node shuts down', async () => {
    const { clock, rounds, greetings } = scene();

    greetings.note(linkTo(2));
    greetings.note(linkTo(3));
    greetings.close();
    await clock.advance(1_000);

    expect(rounds).toHaveLength(1);
    expect(clock.armedTimers).toBe(0);
  });
});
