/** The daemon under Node's permission model, with the flags that docs/operate/hardening.md names. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { capturedOffer } from '@causeway/testkit/captured-offers';
import { killDaemons, startDaemon } from '../support/running-daemon.ts';

const ROOT = resolve(__dirname, '../../../..');
const APP = { CAUSEWAY_APP_ID: 'demo', CAUSEWAY_APP_SECRET: 'secret-of-the-permission-test-0001' };

/** As documented, for this checkout. Dependencies may be links to another folder. */
function documentedFlags(): string {
  const document = readFileSync(join(ROOT, 'docs/operate/hardening.md'), 'utf8');
  const [, flags = ''] = /^NODE_OPTIONS='([^']+)'$/m.exec(document) ?? [];
  return flags.replace('/opt/causeway/', `${ROOT}/`);
}

afterEach(killDaemons);

test.each(['1', '2'])(
  'with the documented flags and %s workers a node serves calls, its media port and its page, and ends in good order',
  async (workers) => {
    const daemon = startDaemon({ ...APP, NODE_OPTIONS: documentedFlags(), CAUSEWAY_WORKERS: workers });
    const said = await daemon.waitFor('"message":"ready"');
    const [, base = ''] = /"page":"(http:[^"]+)\/"/.exec(said) ?? [];
    const [, udpPort = ''] = /"udpPort":(\d+)/.exec(said) ?? [];
    const socket = createSocket('udp4');
    const bindingRequest = Buffer.from('000100002112a442000000000000000000000001', 'hex');

    const created = await fetch(`${base}/api/sfu/demo/session/new`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${APP.CAUSEWAY_APP_SECRET}`, 'Content-Type': 'application/json' },
      body: JSON.stringify({ sessionDescription: { type: 'offer', sdp: capturedOffer('chromium-quick-start-publisher') } }),
    });
    socket.send(bindingRequest, Number(udpPort), '127.0.0.1');
    const [answer] = await once(socket, 'message');
    socket.close();
    daemon.child.kill('SIGINT');
    const { code, stderr } = await daemon.exit;

    expect(await created.json()).toMatchObject({ sessionDescription: { type: 'answer' } });
    expect(answer.subarray(0, 2).toString('hex')).toBe('0101');
    expect(code).toBe(0);
    expect(stderr).not.toContain('ERR_ACCESS_DENIED');
  },
);
