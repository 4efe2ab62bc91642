/** The short form of `npm run channels`: floods over data channels of real browsers, and messages between different clients. */
import { CHANNEL_SCENARIOS } from '@causeway/faults';

jest.setTimeout(180_000);

/** What is compared with two tabs that are connected directly says nothing in a few seconds. */
const NAMES = ['full-speed', 'small-messages', 'lossy-opening', 'client-pairs'];

it.each(NAMES)('data channels hold: %s', async (wanted) => {
  const scenario = CHANNEL_SCENARIOS.find(({ name }) => name === wanted);
  if (scenario === undefined) throw new Error(`There is no scenario ${wanted}`);
  const notes: string[] = [];

  const findings = await scenario.run({ thoroughness: 'short', note: (text) => notes.push(text) });

  expect(findings.length).toBeGreaterThan(0);
  expect([findings.filter(({ isMet }) => !isMet), notes]).toEqual([[], notes]);
});
