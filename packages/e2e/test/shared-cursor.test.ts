import { type ChromiumBrowser, type ChromiumPage, launchChromium, type ServerProcess, startServerProcess } from '@causeway/e2e';
import { findFreePort, waitUntil } from '@causeway/lab';

jest.setTimeout(60_000);

let url: string;
let server: ServerProcess;
let chromium: ChromiumBrowser;

beforeAll(async () => {
  const port = await findFreePort('tcp');
  url = `http://127.0.0.1:${port}/`;
  [server, chromium] = await Promise.all([
    startServerProcess({ main: 'examples/shared-cursor/server.ts', environment: { PORT: String(port) }, readyUrl: url }),
    launchChromium(),
  ]);
});

afterAll(async () => {
  await chromium.close();
  await server.stop();
});

async function join(): Promise<ChromiumPage> {
  const opened = await chromium.openPage(url);
  await waitUntil(
    'the page is connected',
    async () => ({ state: await opened.page.locator('#state').textContent(), errors: opened.errors }),
    ({ state }) => state === 'connected',
    30_000,
  );
  return opened;
}

/** Moves the pointer until the other page shows it, since messages sent before the other has subscribed are not received. */
async function pointsAt(from: ChromiumPage, to: ChromiumPage, x: number, y: number): Promise<void> {
  const { width, height } = from.page.viewportSize() ?? { width: 1, height: 1 };
  await waitUntil(
    `the pointer is seen at ${x}, ${y}`,
    async () => {
      await from.page.mouse.move(1, 1);
      await from.page.mouse.move(x * width, y * height);
      return to.page
        .locator('.pointer')
        .evaluateAll((dots) => dots.map((dot) => [(dot as HTMLElement).style.left, (dot as HTMLElement).style.top]));
    },
    (places) =>
      places.some(
        ([left, top]) => Math.round(Number.parseFloat(left ?? '')) === x * 100 && Math.round(Number.parseFloat(top ?? '')) === y * 100,
      ),
  );
}

function textOf({ page }: ChromiumPage): Promise<string> {
  return page.locator('#text').inputValue();
}

test('pages show the pointers of the others and share a text, which a late joiner has at once', async () => {
  const [alice, bob] = [await join(), await join()];
  await pointsAt(alice, bob, 0.25, 0.5);
  await pointsAt(bob, alice, 0.75, 0.25);

  await alice.page.locator('#text').fill('written by alice');
  await waitUntil(
    'bob reads it',
    () => textOf(bob),
    (text) => text === 'written by alice',
  );
  await bob.page.locator('#text').pressSequentially(', and by bob');
  await waitUntil(
    'alice reads that',
    () => textOf(alice),
    (text) => text === 'written by alice, and by bob',
  );
  const carol = await join();

  await waitUntil(
    'carol has it',
    () => textOf(carol),
    (text) => text === 'written by alice, and by bob',
  );
  await pointsAt(alice, carol, 0.5, 0.75);
  expect([alice, bob, carol].flatMap(({ errors }) => errors)).toEqual([]);
});

test('the pointer of a closed page disappears', async () => {
  const [alice, bob] = [await join(), await join()];
  await pointsAt(alice, bob, 0.5, 0.5);
  const before = await bob.page.locator('.pointer').count();

  // This leaves the page normally.
  await alice.page.goto('about:blank');
  await alice.close();

  await waitUntil(
    'its pointer is gone',
    () => bob.page.locator('.pointer').count(),
    (count) => count < before,
    20_000,
  );
});

test('a wrong call is answered with its error code', async () => {
  const response = await fetch(`${url}join`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ sessionDescription: '' }),
  });

  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({ errorCode: 'invalid_params' });
});
