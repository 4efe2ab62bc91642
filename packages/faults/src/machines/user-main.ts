/**
 * A user of the service with Chromium, who publishes on the console of one node and watches on that of another: user-main.ts PUBLISH_URL
 * WATCH_URL APP SECRET. It runs in the network of the outside, and prints what was seen as JSON.
 */

import { type ChromiumBrowser, type ChromiumPage, launchChromium } from '@causeway/e2e';
import { waitUntil } from '@causeway/lab';

const PLAYED_SECONDS = 3;
const DEADLINE_MS = 60_000;

async function openConsole(browser: ChromiumBrowser, url: string, name: string): Promise<ChromiumPage> {
  const tab = await browser.openPage(url);
  tab.page.setDefaultTimeout(DEADLINE_MS);
  try {
    await tab.page.getByRole('textbox', { name: 'Name' }).fill(name);
    await tab.page.getByRole('button', { name: 'Connect' }).click();
    await tab.page.getByRole('status').filter({ hasText: 'Connected' }).waitFor();
    return tab;
  } catch (error) {
    const shown = await tab.page.locator('body').innerHTML();
    throw new Error(`${(error as Error).message}\nThe page shows: ${shown.slice(0, 2000)}\nIts errors: ${tab.errors.join('; ')}`);
  }
}

function readVideo({ page }: ChromiumPage): Promise<{ readonly playedSeconds: number; readonly height: number }> {
  return page
    .locator('video[aria-label="Ada"]')
    .evaluate((video: HTMLVideoElement) => ({ playedSeconds: video.currentTime, height: video.videoHeight }));
}

const [publishUrl = '', watchUrl = '', app = '', secret = ''] = process.argv.slice(2);
const address = (base: string): string => `${base}/#${new URLSearchParams({ app, secret })}`;
const browser = await launchChromium();
try {
  const publisher = await openConsole(browser, address(publishUrl), 'Ada');
  await publisher.page.getByRole('radio', { name: 'Test picture' }).check({ force: true });
  await publisher.page.getByRole('combobox', { name: 'Picture size' }).selectOption('360');
  await publisher.page.getByRole('button', { name: 'Publish', exact: true }).first().click();
  await publisher.page.getByText('On air').waitFor();
  const watcher = await openConsole(browser, address(watchUrl), 'Bob');
  await watcher.page.getByRole('button', { name: 'Watch Ada' }).click();
  const seen = await waitUntil(
    'the picture plays',
    () => readVideo(watcher),
    ({ playedSeconds }) => playedSeconds > PLAYED_SECONDS,
    DEADLINE_MS,
  );
  process.stdout.write(`${JSON.stringify({ ...seen, errors: [...publisher.errors, ...watcher.errors] })}\n`);
} finally {
  await browser.close();
}
