import { join } from 'node:path';
import { type ChromiumPage, openStage, type Stage } from '@causeway/e2e';
import { waitUntil } from '@causeway/lab';
import { findFaults, NOTE_VIOLATIONS } from './support/find-faults.ts';

jest.setTimeout(60_000);

/** The folder for screenshots of the two tabs; none are taken if it is not set. */
const SCREENSHOT_FOLDER = process.env.CAUSEWAY_SCREENSHOTS;

let stage: Stage;

beforeAll(async () => {
  stage = await openStage();
});

afterAll(() => stage.close());

/** Opens the console as the link that the daemon prints does, and signs in under a name. */
async function openConsole(displayName: string): Promise<ChromiumPage> {
  const { host, appId, secret } = stage.daemon.access;
  const tab = await stage.chromium.openPage(`${host}/#${new URLSearchParams({ app: appId, secret })}`, { initScript: NOTE_VIOLATIONS });
  await tab.page.getByRole('textbox', { name: 'Name' }).fill(displayName);
  await tab.page.getByRole('button', { name: 'Connect' }).click();
  await tab.page.getByRole('status').filter({ hasText: 'Connected' }).waitFor();
  return tab;
}

async function takeScreenshot({ page }: ChromiumPage, name: string): Promise<void> {
  if (SCREENSHOT_FOLDER !== undefined) await page.screenshot({ path: join(SCREENSHOT_FOLDER, `${name}.png`) });
}

/** The playing position and picture size of the video element with a label. */
function readVideo({ page }: ChromiumPage, label: string): Promise<{ readonly playedSeconds: number; readonly height: number }> {
  return page
    .locator(`video[aria-label="${label}"]`)
    .evaluate((video: HTMLVideoElement) => ({ playedSeconds: video.currentTime, height: video.videoHeight }));
}

describe('the bench', () => {
  it('lists the data channels that sessions publish', async () => {
    const publisher = await stage.join('publisher', { channels: [{ label: 'whiteboard', ordered: false, maxRetransmits: 0 }] });
    const { page, errors } = await openConsole('Carol');

    await page.getByText('whiteboard').waitFor();

    expect(await page.locator('.channel-chip').textContent()).toMatch(/whiteboard\s*data · unordered · 0 retransmissions/);
    // The page receives events and polls nothing for a minute of its timers' clock.
    const calls: string[] = [];
    page.on('request', (request) => calls.push(request.url()));
    await page.clock.install();
    await page.clock.runFor(60_000);
    expect(calls).toEqual([]);
    expect(errors).toEqual([]);
    await publisher.page.close();
  });

  it('publishes in one tab, and another tab watches that and shows its figures', async () => {
    const alice = await openConsole('Alice');
    await alice.page.getByRole('radio', { name: 'Test picture' }).check({ force: true });
    await alice.page.getByRole('combobox', { name: 'Resolution' }).selectOption('360');
    await alice.page.getByRole('button', { name: 'Publish', exact: true }).first().click();
    await alice.page.getByText('On air').waitFor();
    const bob = await openConsole('Bob');

    await bob.page.getByRole('button', { name: 'Watch Alice' }).click();

    await waitUntil(
      'Bob has seen two seconds of picture',
      () => readVideo(bob, 'Alice'),
      // On a busy machine a browser reduces its picture's size.
      ({ playedSeconds, height }) => playedSeconds > 2 && height >= 180,
    );
    const tile = bob.page.getByRole('article', { name: 'Watching Alice' });
    const figures = await waitUntil(
      'all figures of the picture are known',
      () => tile.locator('.stream-stats .figure dd').allInnerTexts(),
      (texts) => texts.length === 6 && texts.every((text) => /\d/.test(text)),
    );
    expect(figures).toEqual([
      expect.stringMatching(/bit\/s|bps/),
      expect.stringMatching(/\d{3}.*\d{3}/),
      expect.any(String),
      expect.stringMatching(/^0/),
      expect.any(String),
      expect.any(String),
    ]);
    expect(await alice.page.evaluate(() => JSON.stringify({ ...sessionStorage }))).not.toContain(stage.daemon.access.secret);
    expect([...(await findFaults(alice)), ...(await findFaults(bob))]).toEqual([]);
    await takeScreenshot(alice, 'console-publishing');
    await takeScreenshot(bob, 'console-watching');
    expect([...alice.errors, ...bob.errors]).toEqual([]);

    await alice.page.getByRole('button', { name: 'Stop', exact: true }).click();

    await tile.getByText('The publisher has stopped.').waitFor();
    await alice.close();
    await bob.close();
  });

  it('explains why a wrong secret is refused', async () => {
    const { host, appId } = stage.daemon.access;
    const tab = await stage.chromium.openPage(`${host}/#${new URLSearchParams({ app: appId, secret: 'wrong' })}`);

    await tab.page.getByRole('button', { name: 'Connect' }).click();

    await tab.page.getByRole('alert').filter({ hasText: /\w+/ }).waitFor();
    expect(await tab.page.getByRole('alert').textContent()).toMatch(/secret/i);
    await tab.close();
  });
});
