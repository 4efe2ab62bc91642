import {
  type BlankSite,
  type ChromiumBrowser,
  joinCall,
  launchChromium,
  RED,
  type ServerProcess,
  type SfuAccess,
  startBlankSite,
  startServerProcess,
} from '@causeway/e2e';
import { findFreePort } from '@causeway/lab';

jest.setTimeout(60_000);

let access: SfuAccess;
let server: ServerProcess;
let site: BlankSite;
let chromium: ChromiumBrowser;

beforeAll(async () => {
  const port = await findFreePort('tcp');
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
  it('serves a call, and the routes of the app still work', async () => {
    const alice = await joinCall(await chromium.openPage(site.origin), 'alice', { access });
    const bob = await joinCall(await chromium.openPage(site.origin), 'bob', { access });

    const [track] = await alice.publish({ media: { kind: 'picture', colour: RED } });
    const mid = await bob.watch(track!);

    await bob.seesColour(mid, RED);
    await bob.decodesVideo(mid);
    expect(await (await fetch(`${access.host}/hello`)).text()).toBe('Your own routes stay your own.');
  });

  it('lets a host publish and a guest only watch, by the cookie of the app alone', async () => {
    const api = `${access.host}/api/sfu/demo`;
    const join = async (role: string) => {
      const page = await chromium.openPage(`${access.host}/hello`);
      return page.evaluate(
        async ({ role, api }) => {
          await fetch(`/sign-in/${role}`, { method: 'POST' });
          const pc = new RTCPeerConnection();
          const stream = await navigator.mediaDevices.getUserMedia({ video: true });
          for (const track of stream.getTracks()) pc.addTrack(track, stream);
          await pc.setLocalDescription();
          const reply = await fetch(`${api}/session/new`, {
            method: 'POST',
            headers: { 'Content-Type': 'application/json' },
            body: JSON.stringify({ sessionDescription: pc.localDescription }),
          });
          const { sessionId, tracks } = await reply.json();
          const listed = await (await fetch(`${api}/sessions`)).json();
          return { status: reply.status, sessionId: String(sessionId), tracks: tracks.length, listed: listed.length };
        },
        { role, api },
      );
    };

    const host = await join('host');
    const guest = await join('guest');
    const stranger = await fetch(`${api}/sessions`);

    expect(host).toMatchObject({ status: 200, tracks: 1, listed: 1 });
    expect(guest).toMatchObject({ status: 200, tracks: 0, listed: 2 });
    expect(stranger.status).toBe(401);
  });

  it('shows the console at /, which signs in with the printed link', async () => {
    const link = server.readLog().match(/http\S+/)?.[0] ?? '';
    const { page, errors } = await chromium.openPage(link);

    await page.getByRole('button', { name: 'Connect' }).click();

    await page.getByRole('status').filter({ hasText: 'Connected' }).waitFor();
    expect(errors).toEqual([]);
  });

  it('says that its port is in use, and prints no address', async () => {
    const again = startServerProcess({
      main: 'examples/embed-in-express/server.ts',
      environment: { PORT: new URL(access.host).port },
      readyUrl: `${access.host}/not-there`,
    });

    await expect(again).rejects.toThrow('EADDRINUSE');
    await expect(again).rejects.not.toThrow('#app=demo');
  });

  it('ends when it is asked to', async () => {
    expect(await server.stop()).toBe(0);
  });
});
