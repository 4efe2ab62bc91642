import { createApiRouter, createApp, createDashboardRouter, createStaticAppStore, generateSecret } from '@causeway/gateway';
import { createSfu } from '@causeway/sfu';
import express from 'express';

const { PORT = '3000', SFU_SECRET = generateSecret() } = process.env;

const sfu = await createSfu();
const apps = createStaticAppStore([createApp({ id: 'demo', secrets: [SFU_SECRET] })]);

const app = express();
app.get('/hello', (_request, response) => void response.send('Your own routes stay your own.'));
app.use(createApiRouter({ sfu, apps })); // the API, below /api/sfu
app.use(createDashboardRouter()); // the page at /, if you want it

const server = app.listen(Number(PORT), () => console.log(`http://localhost:${PORT}/#app=demo&secret=${SFU_SECRET}`));
process.once('SIGTERM', () => sfu.close().then(() => server.close()));
