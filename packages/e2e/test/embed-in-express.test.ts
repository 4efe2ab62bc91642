import {
  type BlankSite,
  type ChromiumBrowser,
  findFreeTcpPort,
  joinCall,
  launchChromium,
  RED,
  type ServerProcess,
  type SfuAccess,
  startBlankSite,
  startServerProcess,
} from '@causeway/e2e';

jest.setTimeout(60_000);

let access: SfuAccess;
let server: ServerProcess;
let site: BlankSite;
let chromium: ChromiumBrowser;

beforeAll(async () => {
  const port = await findFreeTcpPort();
  access = { host: `http://127.0.0.1:${port}`, appId: 'demo', secret: 'a-secret-of-this-test-alone' };
  [server, site, chromium] = await Promise.all([
    startServerProcess({
      main: 'examples/embed-in-express/server.ts',
      environment: { PORT: String(port), SFU_SECRET: access.secret },
      readyUrl: `${access.host}/hello`,
    }),
    startBlankSite(),
    launchChromium(),
  ]);
});

afterAll(async () => {
  await chromium.close();
  await site.close();
  await server.stop();
});

describe("the SFU inside somebody's Express app", () => {
  it('serves a call beside the routes that were there before', async () => {
    const alice = await joinCall(await chromium.openPage(site.origin), 'alice', { access });
    const bob = await joinCall(await chromium.openPage(site.origin), 'bob', { access });

    const [track] = await alice.publish({ media: { kind: 'picture', colour: RED } });
    const mid = await bob.watch(track!);

    await bob.seesColour(mid, RED);
    await bob.decodesVideo(mid);
    expect(await (await fetch(`${access.host}/hello`)).text()).toBe('Your own routes stay your own.');
  });

  it('shows the console at /, which signs in with the printed link', async () => {
    const link = server.readLog().match(/http\S+/)?.[0] ?? '';
    const { page, errors } = await chromium.openPage(link);

    await page.getByRole('button', { name: 'Connect' }).click();

    await page.getByRole('status').filter({ hasText: 'Connected' }).waitFor();
    expect(errors).toEqual([]);
  });

  it('ends by itself when it is asked to', async () => {
    expect(await server.stop()).toBe(0);
  });
});
