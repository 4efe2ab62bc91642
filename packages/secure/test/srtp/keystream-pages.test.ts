import { KeystreamPages, type PageHolder } from '../../src/srtp/keystream-window.ts';
import { SrtpMemory } from '../../src/srtp/srtp-memory.ts';

interface Holder extends PageHolder {
  pageAt: number | undefined;
}

async function createPages(count: number): Promise<KeystreamPages> {
  return new KeystreamPages(await SrtpMemory.create({ arenaSlots: 1, keystreamPages: count }));
}

function takePage(pages: KeystreamPages): Holder {
  const holder: Holder = {
    pageAt: undefined,
    pageUsed: false,
    losePage: () => {
      holder.pageAt = undefined;
    },
  };
  holder.pageAt = pages.take(holder);
  holder.pageUsed = true;
  return holder;
}

test('every holder has a page of its own', async () => {
  const pages = await createPages(5);

  const holders = Array.from({ length: 5 }, () => takePage(pages));

  expect(new Set(holders.map(({ pageAt }) => pageAt)).size).toBe(5);
});

test('an idle holder loses its page to one that needs it, busy ones keep theirs', async () => {
  const pages = await createPages(3);
  const [first, idle, last] = Array.from({ length: 3 }, () => takePage(pages));
  const idlePage = idle.pageAt;
  idle.pageUsed = false;

  const newcomer = takePage(pages);

  expect(newcomer.pageAt).toBe(idlePage);
  expect(idle.pageAt).toBeUndefined();
  expect([first.pageAt, last.pageAt]).not.toContain(undefined);
});

test('with more busy holders than pages, those that have one keep it', async () => {
  const pages = await createPages(64);
  const holders = Array.from({ length: 64 }, () => takePage(pages));
  let lost = 0;
  for (let round = 0; round < 20; round++) {
    for (const holder of holders) holder.pageUsed = true;
    if (takePage(pages).pageAt !== undefined) lost++;
  }

  expect(lost).toBe(0);
  expect(holders.every(({ pageAt }) => pageAt !== undefined)).toBe(true);
});

test('a page that is given back is lent again', async () => {
  const pages = await createPages(1);
  const { pageAt } = takePage(pages);
  pages.giveBack(pageAt ?? -1);

  expect(takePage(pages).pageAt).toBe(pageAt);
});
