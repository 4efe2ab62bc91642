/** The console on a new node: an account, an app, a picture, and rules that hold for every page. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ChromiumPage, openStage, type Stage } from '@causeway/e2e';
import { codeAt, waitUntil } from '@causeway/lab';
import { addVirtualAuthenticator } from './support/factors.ts';
import { findFaults, NOTE_VIOLATIONS } from './support/find-faults.ts';

jest.setTimeout(120_000);

/** The folder for screenshots of the pages; none are taken if it is not set. */
const SCREENSHOT_FOLDER = process.env.CAUSEWAY_SCREENSHOTS;
const PASSWORD = 'correct horse battery staple';
const MAX_CLICKS = 10;
const PHONE = { width: 390, height: 844 };
const DESKTOP = { width: 1280, height: 800 };

const folder = mkdtempSync(join(tmpdir(), 'causeway-console-'));
let stage: Stage;
let tab: ChromiumPage;
let appId = '';
let webhookId = '';

beforeAll(async () => {
  stage = await openStage({ CAUSEWAY_BOOKS: join(folder, 'books.sqlite'), CAUSEWAY_LOCATION: '52.52,13.40' });
});

afterAll(async () => {
  await stage.close();
  rmSync(folder, { recursive: true });
});

/** The same pages on a desktop in the light theme, and on a phone in the dark one. */
async function findFaultsInBoth(shown: ChromiumPage, name: string): Promise<readonly string[]> {
  const faults: string[] = [];
  for (const [scheme, size, look] of [
    ['light', DESKTOP, 'light'],
    ['dark', PHONE, 'dark-narrow'],
  ] as const) {
    await shown.page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
    await shown.page.setViewportSize(size);
    faults.push(...(await findFaults(shown)).map((fault) => `${name}, ${look}: ${fault}`));
    if (SCREENSHOT_FOLDER !== undefined) await shown.page.screenshot({ path: join(SCREENSHOT_FOLDER, `service-${name}-${look}.png`) });
  }
  await shown.page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
  await shown.page.setViewportSize(DESKTOP);
  return faults;
}

/** Every page behind the sign-in, by its address. */
const PAGES = [
  '',
  'apps',
  'apps/:app',
  'apps/:app/keys',
  'apps/:app/sessions',
  'apps/:app/events',
  'apps/:app/webhooks',
  'apps/:app/webhooks/:webhook',
  'apps/:app/usage',
  'apps/:app/settings',
  'nodes',
  'team',
  'audit',
  'account',
];

/** Advances the page's clock by a minute on each of the pages. @returns the requests made in that time */
async function callsInAMinute(page: ChromiumPage['page'], open: (path: string) => Promise<void>): Promise<readonly string[]> {
  const calls: string[] = [];
  const underWay = new Set<object>();
  page.on('request', (request) => {
    // A stream of events stays open.
    if (!/\/events(?:\?|$)/.test(request.url())) underWay.add(request);
  });
  page.on('requestfinished', (request) => underWay.delete(request));
  page.on('requestfailed', (request) => underWay.delete(request));
  for (const path of PAGES) {
    await open(path);
    await page.waitForLoadState('load');
    const note = (request: { url(): string }) => calls.push(`${path}: ${request.url()}`);
    // The requests that a page makes when it is opened are no polls, nor are those that follow their replies.
    await waitUntil(
      'the page has all that it asks for',
      async () => {
        const before = underWay.size;
        await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
        return before + underWay.size;
      },
      (count) => count === 0,
    );
    page.on('request', note);
    await page.clock.runFor(60_000);
    page.off('request', note);
  }
  return calls;
}

it('leads from the link of a new node to the first bytes on a chart in ten clicks', async () => {
  const link = await waitUntil(
    'the daemon prints the link that sets it up',
    () => /http:\S+\/setup#\S+(?=\s)/.exec(stage.daemon.readLog())?.[0] ?? '',
    (found) => found !== '',
  );
  tab = await stage.chromium.openPage(link.replace('localhost', '127.0.0.1'), { initScript: NOTE_VIOLATIONS });
  const { page } = tab;
  let clicks = 0;
  const click = async (name: string) => {
    clicks++;
    await page.getByRole('button', { name, exact: true }).click();
  };
  await page.getByRole('textbox', { name: 'Organisation' }).fill('Example');
  expect(page.url()).not.toContain('cwsetup_');
  const faults = [...(await findFaultsInBoth(tab, 'set-up'))];
  await page.getByRole('textbox', { name: 'Your name' }).fill('Ada');
  await page.getByRole('textbox', { name: 'Email' }).fill('ada@example.org');
  const password = page.getByRole('textbox', { name: 'Password' });
  await password.fill('too short');
  await page.getByRole('button', { name: 'Create account' }).click();
  await page.locator('.field-error').waitFor();
  await password.fill(PASSWORD);
  // The error disappears when the pointer is pressed, and the button must not move away from the pointer.
  await click('Create account');
  await click('New app');
  await page.getByRole('textbox', { name: 'Name' }).fill('Demo');
  faults.push(...(await findFaultsInBoth(tab, 'new-app')));
  await click('Create app');
  await click('Run with my camera');
  await page.getByText('Playing the video received').waitFor();
  const chart = page.getByRole('img', { name: /^Chart: [1-9].* (kB|MB) received$/ });
  await chart.waitFor();
  faults.push(...(await findFaultsInBoth(tab, 'running')));
  appId = /apps\/([^/]+)/.exec(page.url())?.[1] ?? '';

  expect(clicks).toBeLessThanOrEqual(MAX_CLICKS);
  expect(faults).toEqual([]);
  expect(tab.errors).toEqual([]);
  expect(await page.evaluate(() => JSON.stringify({ ...sessionStorage, ...localStorage }))).toBe('{}');
});

it('shows the sessions of the app as they come and go, and what is wrong with one', async () => {
  const { page } = tab;
  const faults: string[] = [];
  await page.getByRole('link', { name: 'Sessions' }).click();
  await page.getByText('No open sessions.').waitFor();
  const other = await page.context().newPage();
  await other.goto(`${stage.daemon.access.host}/#/apps/${appId}`);
  await other.getByRole('button', { name: 'Run with a test picture' }).click();
  await page.getByText('2 open sessions.').waitFor();
  await page.getByRole('cell', { name: 'connected', exact: true }).first().waitFor();
  faults.push(...(await findFaultsInBoth(tab, 'sessions')));
  await page
    .getByRole('row', { name: /Run it here: publisher/ })
    .getByRole('link')
    .click();
  await page.getByText('No problems found in this session.').waitFor();
  // It happened before the page was opened.
  await page.getByRole('rowheader', { name: 'session.connected' }).waitFor();
  const quality = await readQuality(page);
  faults.push(...(await findFaultsInBoth(tab, 'session')));
  await other.getByRole('button', { name: 'Stop' }).click();
  await page.getByRole('rowheader', { name: 'session.closed' }).waitFor();
  await other.close();

  expect(faults).toEqual([]);
  expect(quality.titles).toEqual(['Bitrate', 'Packet loss', 'Round trip']);
  // The test picture has much less to send than a camera.
  expect(quality.inTable).toMatch(/^[1-9]\d* kbit\/s$|^\d+\.\d\d Mbit\/s$/);
  expect(quality.inLegend).toBe(quality.inTable);
});

/** The charts of a session that publishes, after the node's first sample, with the newest rate beside one and in the table. */
async function readQuality(page: ChromiumPage['page']) {
  await page.getByRole('img', { name: /^Chart: Bitrate over five minutes, now .*from the client [1-9]/ }).waitFor();
  await page.getByText('Show as table').click();
  await page.getByRole('region', { name: 'Quality table' }).waitFor();
  // Another sample may come between two questions, so that there is one question for both.
  return page.evaluate(() => ({
    titles: [...document.querySelectorAll('.quality figcaption')].map(({ textContent }) => textContent),
    inLegend: document.querySelector('.quality [data-colour="warn"] strong')?.textContent,
    inTable: document.querySelector('[aria-label="Quality table"] tbody td:nth-of-type(3)')?.textContent,
  }));
}

it('shows the events of the app as they happen', async () => {
  const { page } = tab;
  const { host } = stage.daemon.access;
  await page.goto(`${host}/#/apps/${appId}/events`);
  await page.getByText('No events yet.').waitFor();
  const other = await page.context().newPage();
  await other.goto(`${host}/#/apps/${appId}`);
  await other.getByRole('button', { name: 'Run with a test picture' }).click();
  await page.getByRole('rowheader', { name: 'track.published' }).first().waitFor();
  await other.getByRole('button', { name: 'Stop' }).click();
  await page.getByRole('rowheader', { name: 'session.closed' }).first().waitFor();
  await other.close();

  expect(await findFaultsInBoth(tab, 'events')).toEqual([]);
});

it('counts what was sent, on a chart and to the byte in the file', async () => {
  const { page } = tab;
  const path = `/api/admin/v1/apps/${appId}/usage?by=all&format=csv`;
  await page.goto(`${stage.daemon.access.host}/#/apps/${appId}/usage`);

  const counts = await waitUntil(
    'the page shows what the file has',
    async () => {
      await page.reload();
      const cells = page.getByRole('row').last().getByRole('cell');
      const isThere = await cells
        .nth(2)
        .waitFor({ timeout: 2_000 })
        .then(
          () => true,
          () => false,
        );
      const shown = isThere ? await cells.nth(2).getAttribute('title') : 'nothing';
      const csv = await page.evaluate((url) => fetch(url).then((reply) => reply.text()), path);
      return { shown, inFile: `${csv.trim().split(',').at(-1)} bytes` };
    },
    ({ shown, inFile }) => shown === inFile,
  );

  expect(counts.shown).toMatch(/^[1-9]\d+ bytes$/);
  expect(await page.getByRole('img', { name: /^Chart: [1-9].*B billed, by day$/ }).count()).toBe(1);
});

it('creates a secret that is shown once and gives access to the app', async () => {
  const { page } = tab;
  const { host } = stage.daemon.access;
  await page.goto(`${host}/#/apps/${appId}/keys`);
  await page.getByRole('button', { name: 'New secret' }).click();
  await page.getByRole('textbox', { name: 'Name' }).fill('backend');
  await page.getByRole('button', { name: 'Create secret' }).click();
  const secret = (await page.getByRole('dialog').locator('code').textContent()) ?? '';
  const call = () => fetch(`${host}/api/sfu/${appId}/sessions`, { headers: { Authorization: `Bearer ${secret}` } });
  await page.getByRole('button', { name: 'Done' }).click();
  const faults = await findFaultsInBoth(tab, 'keys');
  const before = (await call()).status;
  await page.getByRole('button', { name: 'Revoke backend' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
  await page.getByRole('cell', { name: 'revoked', exact: true }).waitFor();

  expect([before, (await call()).status]).toEqual([200, 401]);
  expect(await page.content()).not.toContain(secret);
  expect(faults).toEqual([]);
});

it('changes a setting of the app, and unsets it', async () => {
  const { page } = tab;
  await page.goto(`${stage.daemon.access.host}/#/apps/${appId}/settings`);
  const quota = page.getByRole('textbox', { name: 'Monthly quota' });
  const saveAs = async (text: string, version: number) => {
    await quota.fill(text);
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText(`Version ${version}.`).waitFor();
    return quota.inputValue();
  };

  expect([await saveAs('5', 2), await saveAs('', 3)]).toEqual(['5', '']);
});

it.each([
  ['overview', '', 'Example'],
  ['apps', 'apps', 'Apps'],
  ['usage', 'apps/:app/usage', 'Demo'],
  ['settings', 'apps/:app/settings', 'Demo'],
  ['nodes', 'nodes', 'Nodes'],
  ['audit', 'audit', 'Audit log'],
  ['account', 'account', 'Ada'],
])('has nothing wrong on the page %s, which has an address of its own', async (name, path, heading) => {
  await tab.page.goto(`${stage.daemon.access.host}/#/${path.replace(':app', appId)}`);
  await tab.page.reload();
  await tab.page.getByRole('heading', { name: heading, level: 1 }).waitFor();
  await waitUntil(
    'everything is loaded',
    () => tab.page.getByText('Loading…').count(),
    (count) => count === 0,
  );

  expect(await findFaultsInBoth(tab, name)).toEqual([]);
});

it('has no faults on the pages of webhooks', async () => {
  const { page } = tab;
  const list = `${stage.daemon.access.host}/#/apps/${appId}/webhooks`;
  await page.goto(list);
  await page.getByText('No webhooks yet.').waitFor();
  const faults = [...(await findFaultsInBoth(tab, 'no-webhooks'))];
  const made = await page.evaluate(
    ([path, body]) => fetch(path, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body }).then((reply) => reply.json()),
    [`/api/admin/v1/apps/${appId}/webhooks`, JSON.stringify({ url: 'https://hooks.example/causeway', description: 'Backend' })] as const,
  );
  webhookId = made.webhook.id;
  await page.reload();
  await page.getByRole('link', { name: 'https://hooks.example/causeway' }).waitFor();
  faults.push(...(await findFaultsInBoth(tab, 'webhooks')));
  await page.goto(`${list}/${webhookId}`);
  await page.getByRole('button', { name: 'Ping' }).click();
  await page.getByRole('rowheader', { name: 'webhook.ping' }).waitFor();
  faults.push(...(await findFaultsInBoth(tab, 'webhook')));

  expect(faults).toEqual([]);
});

it('lets an invited person in, who sees what their role shows', async () => {
  const { page } = tab;
  await page.goto(`${stage.daemon.access.host}/#/team`);
  await page.getByRole('button', { name: 'Invite' }).click();
  await page.getByRole('textbox', { name: 'Email' }).fill('bob@example.org');
  await page.getByRole('combobox', { name: 'Role', exact: true }).selectOption('viewer');
  await page.getByRole('button', { name: 'Create link' }).click();
  const bob = await stage.chromium.openPage((await page.getByRole('dialog').locator('code').textContent()) ?? '', {
    initScript: NOTE_VIOLATIONS,
  });
  await bob.page.getByRole('heading', { name: 'Join Example' }).waitFor();
  const faults = [...(await findFaultsInBoth(bob, 'invitation'))];
  await bob.page.getByRole('textbox', { name: 'Your name' }).fill('Bob');
  await bob.page.getByRole('textbox', { name: 'Password' }).fill(PASSWORD);
  await bob.page.getByRole('button', { name: 'Join' }).click();
  await bob.page.getByRole('link', { name: 'Demo' }).click();
  await bob.page.getByRole('heading', { name: 'Quick start' }).waitFor();
  await page.getByRole('dialog').getByRole('button', { name: 'Done' }).click();
  await page.reload();
  await page.getByRole('cell', { name: 'bob@example.org' }).waitFor();
  faults.push(...(await findFaultsInBoth(tab, 'team')));

  expect(await bob.page.getByRole('button', { name: 'Run with my camera' }).count()).toBe(0);
  expect(faults).toEqual([]);
  await bob.close();
});

it('signs out for good, says why a password is wrong, and signs in', async () => {
  const { page } = tab;
  await page.goto(`${stage.daemon.access.host}/#/`);
  await page.reload();
  await page.getByRole('button', { name: 'Sign out' }).click();
  const signIn = async (password: string) => {
    await page.getByRole('textbox', { name: 'Email' }).fill('ada@example.org');
    await page.getByRole('textbox', { name: 'Password' }).fill(password);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  };
  await signIn('wrong');
  await page.getByRole('alert').waitFor();
  const faults = await findFaultsInBoth(tab, 'sign-in');
  const alert = await page.getByRole('alert').textContent();
  await page.goto(`${stage.daemon.access.host}/#/audit`);
  await page.getByRole('heading', { name: 'Causeway' }).waitFor();
  await signIn(PASSWORD);
  await page.getByRole('heading', { name: 'Example' }).waitFor();

  expect(alert).toBe('The email address or the password is wrong.');
  expect(faults).toEqual([]);
  expect(tab.errors).toEqual([]);
});

it('makes no calls on any page while nothing happens', async () => {
  const { page } = tab;
  // Polling would use timers, and those of the page follow this clock from here on.
  await page.clock.install();
  await page.goto('about:blank');
  const calls = await callsInAMinute(page, async (path) => {
    // A list that is kept up to date is read once its stream of events is open.
    const listed = path === '' || path.endsWith('/sessions') ? page.waitForResponse(/\/sessions\?/) : undefined;
    await page.goto(`${stage.daemon.access.host}/#/${path.replace(':app', appId).replace(':webhook', webhookId)}`);
    await listed;
    await waitUntil(
      'everything is loaded',
      () => page.getByText('Loading…').count(),
      (count) => count === 0,
    );
  });

  expect(calls).toEqual([]);
});

it('asks for a code once there is an authenticator, and for nothing else with a passkey', async () => {
  const { page } = tab;
  // Passkeys belong to names, not to addresses.
  const origin = stage.daemon.access.host.replace('127.0.0.1', 'localhost');
  const faults: string[] = [];
  const button = (name: string) => page.getByRole('button', { name, exact: true });
  const fill = (name: string, text: string) => page.getByRole('textbox', { name }).fill(text);
  const signIn = async () => {
    await fill('Email', 'ada@example.org');
    await fill('Password', PASSWORD);
    await button('Sign in').click();
  };
  await page.goto(`${origin}/#/sign-in`);
  await signIn();
  await page.getByRole('link', { name: 'Ada' }).click();
  await button('Add authenticator').click();
  await fill('Your password', PASSWORD);
  await button('Continue').click();
  await page.getByRole('img', { name: 'QR code for the authenticator' }).waitFor();
  faults.push(...(await findFaultsInBoth(tab, 'authenticator')));
  const seed = (await page.getByRole('dialog').locator('code').textContent()) ?? '';
  await fill('Code', codeAt(seed, Date.now()));
  await button('Confirm').click();
  await page.getByText('Keep these recovery codes').waitFor();
  faults.push(...(await findFaultsInBoth(tab, 'recovery-codes')));
  const recoveryCode = (await page.getByRole('listitem').locator('code').first().textContent()) ?? '';
  await button('Done').click();

  await addVirtualAuthenticator(page);
  await button('Add passkey').click();
  await fill('Name', 'laptop');
  await fill('Your password', PASSWORD);
  await page.getByRole('dialog').getByRole('button', { name: 'Add passkey' }).click();
  await page.getByRole('rowheader', { name: 'laptop' }).waitFor();
  faults.push(...(await findFaultsInBoth(tab, 'factors')));

  await button('Sign out').click();
  await signIn();
  await fill('Code', recoveryCode);
  await button('Sign in').click();
  await page.getByRole('heading', { name: 'Example' }).waitFor();
  await button('Sign out').click();
  await button('Sign in with a passkey').click();
  await page.getByRole('heading', { name: 'Example' }).waitFor();

  expect(faults).toEqual([]);
  expect(tab.errors).toEqual([]);
});
