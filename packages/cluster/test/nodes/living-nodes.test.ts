import { StaticNodeDirectory } from '@causeway/sfu';
import { VirtualClock } from '@causeway/testkit/virtual-clock';
import { LivingNodes } from '../../src/nodes/living-nodes.ts';
import { nodeRecord } from '../doubles/node-records.ts';

describe('whose records count', () => {
  test('a life too young to be in the table is looked for before its records are called dead', async () => {
    const clock = new VirtualClock();
    const directory = new StaticNodeDirectory(nodeRecord(101));
    let readings = 0;
    const refresh = async (): Promise<void> => {
      readings++;
      if (readings === 2) directory.put(nodeRecord(102, { epoch: 5 }));
    };
    const living = new LivingNodes({ directory, refresh, nowMs: () => clock.nowMs() });
    const young = { nodeNo: 102, epoch: 5 };

    const answers: number[] = [];
    for (const waitMs of [0, 10, 1_000, 0]) {
      await clock.advance(waitMs);
      answers.push((await living.chooseAlive([young])).length);
    }

    expect(answers).toEqual([0, 0, 1, 1]);
    expect(readings).toBe(2);
    expect(await living.chooseAlive([{ nodeNo: 102, epoch: 4 }])).toEqual([]);
    expect(readings).toBe(2);
  });
});
