/** The backend of a call: it knows who is signed in, and gives each of them a token. The secret stays here. */
import { createHmac, randomBytes, randomUUID, timingSafeEqual } from 'node:crypto';
import express from 'express';

const { PORT = '3000', SFU_URL = 'http://localhost:8080', SFU_APP_ID = 'demo', SFU_SECRET } = process.env;
if (!SFU_SECRET) throw new Error('SFU_SECRET must be the secret of your app');

const cookieKey = randomBytes(32);
const signatureOf = (text: string): Buffer => createHmac('sha256', cookieKey).update(text).digest();
/** A stand-in for the sign-in that your app has. @returns undefined for a user who is not signed in */
function userOf(cookies = ''): { readonly id: string; readonly name: string } | undefined {
  const [, text = '', signature = ''] = /(?:^|; )user=([\w-]+)\.([\w-]{43})(?:;|$)/.exec(cookies) ?? [];
  const isOurs = signature !== '' && timingSafeEqual(Buffer.from(signature, 'base64url'), signatureOf(text));
  return isOurs ? JSON.parse(Buffer.from(text, 'base64url').toString()) : undefined;
}
const app = express();
app.get('/', (_request, response) => response.sendFile('page.html', { root: import.meta.dirname }));
app.post('/sign-in', express.json(), (request, response) => {
  const user = { id: randomUUID(), name: String(request.body?.name ?? '').slice(0, 40) || 'Guest' };
  const text = Buffer.from(JSON.stringify(user)).toString('base64url');
  response.cookie('user', `${text}.${signatureOf(text).toString('base64url')}`, { httpOnly: true, sameSite: 'strict' }).json(user);
});
app.get('/token', async (request, response) => {
  const user = userOf(request.headers.cookie);
  if (user === undefined) return void response.status(401).json({ errorDescription: 'sign in first' });
  const minted = await fetch(`${SFU_URL}/api/sfu/${SFU_APP_ID}/tokens`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${SFU_SECRET}`, 'Content-Type': 'application/json' },
    body: JSON.stringify({ sub: user.id, meta: user.name, group: 'call', kinds: ['audio', 'video'], max: { sessions: 2, tracks: 32 } }),
  }).catch(() => undefined);
  if (minted === undefined) return void response.status(502).json({ errorDescription: 'the SFU does not answer' });
  response.status(minted.status).json({ ...((await minted.json()) as object), api: `${SFU_URL}/api/sfu/${SFU_APP_ID}` });
});

app.listen(Number(PORT), (error) => console.log(error?.message ?? `http://localhost:${PORT}/`));
