import { GREEN, openStage, type Participant, type Stage } from '@causeway/e2e';
import { waitUntil } from '@causeway/lab';

jest.setTimeout(60_000);

let stage: Stage;

beforeAll(async () => {
  stage = await openStage();
});

afterAll(() => stage.close());

function readLocalUfrag(participant: Participant): Promise<string | undefined> {
  return participant.page.evaluate(({ name }) => kit.peer(name).connection.currentLocalDescription?.sdp.match(/a=ice-ufrag:(\S+)/)?.[1], {
    name: participant.name,
  });
}

/** Reads the user fragment of the candidate pair in use. It changes with every ICE restart. */
function readSelectedUfrag(participant: Participant): Promise<string | undefined> {
  return participant.page.evaluate(
    async ({ name }) => {
      const entries: Record<string, Record<string, unknown>> = {};
      (await kit.peer(name).connection.getStats()).forEach((stats: Record<string, unknown>, id: string) => {
        entries[id] = stats;
      });
      const transport = Object.values(entries).find(({ type }) => type === 'transport');
      const pair = entries[String(transport?.selectedCandidatePairId)];
      const ufrag = entries[String(pair?.localCandidateId)]?.usernameFragment;
      return typeof ufrag === 'string' ? ufrag : undefined;
    },
    { name: participant.name },
  );
}

describe('an ICE restart', () => {
  it.each(['publisher', 'subscriber'] as const)(
    'of the %s moves the session to the new credentials without losing the picture',
    async (side) => {
      const alice = await stage.join('alice');
      const bob = await stage.join('bob');
      const [track] = await alice.publish({ media: { kind: 'picture', colour: GREEN } });
      const mid = await bob.watch(track!);
      const before = await bob.decodesVideo(mid);
      const restarted = side === 'publisher' ? alice : bob;
      const ufragBefore = await readLocalUfrag(restarted);

      await restarted.restartIce();

      const ufragAfter = await readLocalUfrag(restarted);
      expect(ufragAfter).not.toBe(ufragBefore);
      await waitUntil(
        'the new credentials are in use',
        () => readSelectedUfrag(restarted),
        (ufrag) => ufrag === ufragAfter,
      );
      const figures = await bob.decodesVideo(mid, 40);
      expect(figures).toMatchObject({ freezeCount: before.freezeCount, packetsLost: before.packetsLost });
      await waitUntil(
        'the session is connected',
        () => restarted.readConnectionState(),
        (state) => state === 'connected',
      );
      await alice.page.close();
      await bob.page.close();
    },
  );
});
