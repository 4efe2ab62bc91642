/** A web app with users of its own, and an SFU inside it. Users need no secret and no token, and only hosts may publish. */
import { randomUUID } from 'node:crypto';
import { type ApiUser, createApiRouter, createApp, createDashboardRouter, createSfu, createStaticAppStore, generateSecret } from 'causeway';
import express from 'express';

const { PORT = '3000', SFU_SECRET = generateSecret() } = process.env;

interface User {
  readonly id: string;
  readonly isHost: boolean;
}
/** A stand-in for the sign-in that your app has: by the value of a cookie. */
const users = new Map<string, User>();
const userOf = (cookies = ''): User | undefined => users.get(/(?:^|; )user=([\w-]+)/.exec(cookies)?.[1] ?? '');

const sfu = await createSfu();
const apps = createStaticAppStore([createApp({ id: 'demo', secrets: [SFU_SECRET] })]);

const GUEST = { act: ['create', 'subscribe', 'close', 'list'] } satisfies Partial<ApiUser>;

const app = express();
app.get('/hello', (_request, response) => void response.send('Your own routes stay your own.'));
app.post('/sign-in/:role', ({ params }, response) => {
  const cookie = randomUUID();
  users.set(cookie, { id: randomUUID(), isHost: params.role === 'host' });
  response.cookie('user', cookie, { httpOnly: true, sameSite: 'strict' }).end();
});
app.use(
  createApiRouter({
    sfu,
    apps,
    authorize(request) {
      const user = userOf(request.headers.cookie);
      if (user === undefined) return undefined; // the secret and tokens are good as well
      return { sub: user.id, group: 'lobby', ...(user.isHost ? {} : GUEST) };
    },
  }),
);
app.use(createDashboardRouter()); // the page at /, if you want it

const server = app.listen(Number(PORT), (error) => {
  if (error !== undefined) throw error; // such as a port that is in use
  console.log(`http://localhost:${PORT}/#app=demo&secret=${SFU_SECRET}`);
});
process.once('SIGTERM', () => sfu.close().then(() => server.close()));
