/** A bot: it shows everybody in its group a picture, and answers what it hears on their data channels named `chat`. */
import { readFileSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { createSfuApi, openSession } from '@causeway/client';
import { createEncodedTrack, createPeerConnection, type EncodedTrack, onKeyframeRequest } from '@causeway/client/node';

const { PORT = '3001', SFU_URL = 'http://localhost:8080', SFU_APP_ID = 'demo', SFU_SECRET } = process.env;
if (SFU_SECRET === undefined) throw new Error('SFU_SECRET must be the secret of your app');

const GROUP = 'bot';
const CHAT = 'chat';
const GREETING = 'Hello! I am listening.';
const VIDEO_CLOCK_HZ = 90_000;

const api = createSfuApi({ url: SFU_URL, appId: SFU_APP_ID, credential: SFU_SECRET });
const page = readFileSync(new URL('page.html', import.meta.url));
const clip = readIvf(readFileSync(new URL('picture.ivf', import.meta.url)));
/** Session of the bot; undefined while there is none. */
let botId: string | undefined;

/** What the bot has to say. */
function answerTo(text: string): string {
  if (/time/i.test(text)) return `It is ${new Date().toLocaleTimeString()}.`;
  return `You said "${text}". Ask me for the time.`;
}

/** Takes part until the session is lost. */
async function takePart(): Promise<void> {
  const over = new AbortController();
  const connection = createPeerConnection({ videoCodecs: ['VP8'] });
  const session = await openSession({
    api,
    peerConnection: connection,
    metadata: 'bot',
    group: GROUP,
    receive: [],
    autoPublish: false,
    onStateChange: ({ phase }) => phase === 'lost' && over.abort(),
  });
  const picture = createEncodedTrack('VP8');
  await session.publish([{ track: picture.track, name: 'picture' }]);
  const film = play(picture);
  onKeyframeRequest(connection, picture.track, film.rewind);
  botId = session.sessionId;

  const listenTo = async (remoteSessionId: string): Promise<void> => {
    const channel = await session.subscribeData({ remoteSessionId, dataChannelName: CHAT, canReply: true });
    channel.onmessage = ({ data }) => channel.send(answerTo(data.toString()));
    // A message reaches those who are subscribed when it is sent, so the page waits for this one before it lets anyone speak.
    if (channel.readyState === 'open') channel.send(GREETING);
    else channel.addEventListener('open', () => channel.send(GREETING));
  };
  const listenToAll = async (): Promise<void> => {
    for (const { sessionId } of await api.listSessions({ group: GROUP })) {
      const { published } = await api.listDataChannels(sessionId);
      if (published.some(({ dataChannelName }) => dataChannelName === CHAT)) await listenTo(sessionId);
    }
  };
  // The list is read once the stream of events is open: no session comes unseen in between.
  const onOpen = () => void listenToAll().catch(console.error);
  for await (const event of api.events({ group: GROUP, signal: over.signal, onOpen })) {
    if (event.type !== 'datachannel.published' || event.dataChannelName !== CHAT) continue;
    listenTo(event.sessionId ?? '').catch(console.error);
  }
  film.stop();
  botId = undefined;
}

/** Sends the clip again and again. A new viewer needs a keyframe, and the first frame is one. */
function play({ send }: EncodedTrack): { rewind(): void; stop(): void } {
  let position = 0;
  let sent = 0;
  const timer = setInterval(() => {
    const frame = clip.frames[position++ % clip.frames.length];
    if (frame !== undefined) send(frame, (sent++ * VIDEO_CLOCK_HZ) / clip.framesPerSecond);
  }, 1_000 / clip.framesPerSecond);
  return {
    rewind: () => {
      position = 0;
    },
    stop: () => clearInterval(timer),
  };
}

/** Reads what `ffmpeg -i … -c:v libvpx -auto-alt-ref 0 picture.ivf` writes: a header of 32 bytes, and frames of size, time and VP8. */
function readIvf(file: Buffer): { readonly framesPerSecond: number; readonly frames: readonly Buffer[] } {
  const frames: Buffer[] = [];
  for (let at = 32; at + 12 <= file.length; at += 12 + file.readUInt32LE(at)) {
    frames.push(file.subarray(at + 12, at + 12 + file.readUInt32LE(at)));
  }
  return { framesPerSecond: file.readUInt32LE(16) / file.readUInt32LE(20), frames };
}

/** A page to try it with, and a token for that page: the secret stays here. */
async function serve(path: string | undefined, response: ServerResponse): Promise<void> {
  if (path === '/') return void response.setHeader('Content-Type', 'text/html').end(page);
  if (path !== '/token' || botId === undefined) return void response.writeHead(path === '/token' ? 503 : 404).end();
  const { token } = await api.mintToken({ sub: `visitor-${Math.random()}`, group: GROUP, kinds: ['audio', 'video', 'data'] });
  response.end(JSON.stringify({ api: `${SFU_URL}/api/sfu/${SFU_APP_ID}`, token, botId }));
}

createServer((request, response) => {
  serve(request.url, response).catch((failure) => response.writeHead(502).end(String(failure)));
}).listen(Number(PORT), () => console.log(`http://localhost:${PORT}/`));
process.once('SIGTERM', () => process.exit());

for (;;) {
  await takePart().catch(console.error);
  await sleep(1_000);
}
