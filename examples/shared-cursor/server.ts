import { join } from 'node:path';
import { AppId, CreateSessionRequest, DataChannelName, parseRequest, SfuError } from '@causeway/protocol';
import { createSfu, type SfuEvent } from '@causeway/sfu';
import express from 'express';

const { PORT = '3000' } = process.env;
const APP = AppId.parse('demo');
const POINTER = DataChannelName.parse('pointer');

/** Sessions of the pages that have opened their pointer. */
const present = new Set<string>();

const sfu = await createSfu({ onEvent: noteWhoIsThere });
// This process takes part as a session of its own, which every page subscribes to.
const room = await sfu.data(APP, { metadata: 'room' });
const people = room.publish('people', { retain: 'last' });
// A bus: what any page sends goes to all the others, and the latest is kept for those who come
// later.
room.publish('text', { retain: 'last', bus: true });

function noteWhoIsThere(event: SfuEvent): void {
  if (event.type === 'datachannel.published' && event.dataChannelName === POINTER) present.add(event.sessionId);
  else if (event.type !== 'session.closed' || !present.delete(event.sessionId)) return;
  people.send(JSON.stringify([...present]));
}

const app = express();
app.use(express.json(), express.static(join(import.meta.dirname, 'page')));

// Pages talk to these two routes and never see a secret: the verbs of the API are functions here.
app.post('/join', async (request, response) => {
  const offer = parseRequest(CreateSessionRequest, request.body);
  const { sessionId, sessionDescription } = await sfu.createSession(APP, offer);
  const dataChannels = ['people', 'text'].map((dataChannelName) => ({ remoteSessionId: room.sessionId, dataChannelName }));
  // The page's offer has brought m=application, so this needs no further description.
  await sfu.subscribeDataChannels(APP, sessionId, { dataChannels });
  response.json({ sessionId, sessionDescription });
});

app.post('/follow', async (request, response) => {
  const { sessionId, remoteSessionId } = request.body as Record<string, unknown>;
  const dataChannels = [{ remoteSessionId: String(remoteSessionId), dataChannelName: POINTER }];
  response.json(await sfu.subscribeDataChannels(APP, String(sessionId), { dataChannels }));
});

app.use(((error, _request, response, next) => {
  if (error instanceof SfuError) response.status(400).json({ errorCode: error.code, errorDescription: error.message });
  else next(error);
}) satisfies express.ErrorRequestHandler);

const server = app.listen(Number(PORT), (error) => {
  if (error !== undefined) throw error; // such as a port that is in use
  console.log(`http://localhost:${PORT}`);
});
process.once('SIGTERM', () => sfu.close().then(() => server.close()));
