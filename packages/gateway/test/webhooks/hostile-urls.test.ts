/** URLs that owners of apps could choose to reach, through a node, what only the node can reach. None makes a connection. */
import type { LookupAddress } from 'node:dns';
import { createServer, type Server } from 'node:net';
import { AppId } from '@causeway/protocol';
import { createAddressPolicy } from '../../src/webhooks/address-policy.ts';
import type { DeliveryReply } from '../../src/webhooks/delivery-sender.ts';
import { HttpSender } from '../../src/webhooks/http-sender.ts';
import { checkWebhookUrl } from '../../src/webhooks/webhook-url.ts';

const POLICY = createAddressPolicy([]);
let listener: Server;
let port: number;
let connections = 0;

beforeAll(async () => {
  listener = createServer((socket) => {
    connections++;
    socket.destroy();
  });
  await new Promise<void>((resolve) => listener.listen(0, '::', resolve));
  port = (listener.address() as { readonly port: number }).port;
});

afterAll(() => new Promise((resolve) => listener.close(resolve)));

beforeEach(() => {
  connections = 0;
});

/** Names that an attacker's own name server answers. */
const NAMES: Readonly<Record<string, readonly string[]>> = {
  'loopback.example': ['127.0.0.1'],
  'loopback6.example': ['::1'],
  'mapped.example': ['::ffff:127.0.0.1'],
  'private.example': ['10.0.0.1'],
  'metadata.example': ['169.254.169.254'],
  'one-of-two.example': ['93.184.215.14', '127.0.0.1'],
  'nothing.example': [],
};

async function resolve(name: string): Promise<readonly LookupAddress[]> {
  const addresses = NAMES[name.toLowerCase()] ?? ['127.0.0.1'];
  return addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
}

const sendTo = async (url: string, sender: HttpSender): Promise<DeliveryReply> =>
  sender.send({ orgId: 'org', appId: AppId.parse('demo'), url, headers: {}, body: '{}' });

/** Each with what of it is refused: how it is written (at once), or where its name leads (when it is connected to). */
const HOSTILE: readonly [url: string, refused: 'url' | 'address'][] = [
  ['https://127.0.0.1:PORT/', 'url'],
  ['https://127.1:PORT/', 'url'],
  ['https://127.0.1:PORT/', 'url'],
  ['https://2130706433:PORT/', 'url'],
  ['https://0x7f000001:PORT/', 'url'],
  ['https://0x7f.0.0.1:PORT/', 'url'],
  ['https://0177.0.0.1:PORT/', 'url'],
  ['https://017700000001:PORT/', 'url'],
  ['https://127.255.255.254:PORT/', 'url'],
  ['https://0.0.0.0:PORT/', 'url'],
  ['https://0:PORT/', 'url'],
  ['https://①②⑦.0.0.1:PORT/', 'url'],
  ['https://127。0。0。1:PORT/', 'url'],
  ['https://%31%32%37.0.0.1:PORT/', 'url'],
  ['https://localhost:PORT/', 'url'],
  ['https://LOCALHOST.:PORT/', 'url'],
  ['https://anything.localhost:PORT/', 'url'],
  ['https://router.local:PORT/', 'url'],
  ['https://metadata.google.internal:PORT/', 'url'],
  ['https://intranet:PORT/', 'url'],
  ['https://[::1]:PORT/', 'url'],
  ['https://[::]:PORT/', 'url'],
  ['https://[0:0:0:0:0:0:0:1]:PORT/', 'url'],
  ['https://[::ffff:127.0.0.1]:PORT/', 'url'],
  ['https://[::ffff:7f00:1]:PORT/', 'url'],
  ['https://[::127.0.0.1]:PORT/', 'url'],
  ['https://[64:ff9b::7f00:1]:PORT/', 'url'],
  ['https://[64:ff9b:1::7f00:1]:PORT/', 'url'],
  ['https://[2002:7f00:1::]:PORT/', 'url'],
  ['https://[2001:0:7f00:1::]:PORT/', 'url'],
  ['https://[fe80::1]:PORT/', 'url'],
  ['https://[fd00:ec2::254]:PORT/', 'url'],
  ['https://[ff02::1]:PORT/', 'url'],
  ['https://10.0.0.1:PORT/', 'url'],
  ['https://172.16.0.1:PORT/', 'url'],
  ['https://192.168.0.1:PORT/', 'url'],
  ['https://169.254.169.254/latest/meta-data/', 'url'],
  ['https://168.63.129.16/machine', 'url'],
  ['https://100.100.100.200/latest/', 'url'],
  ['https://100.64.0.1:PORT/', 'url'],
  ['https://198.18.0.1:PORT/', 'url'],
  ['https://224.0.0.1:PORT/', 'url'],
  ['https://255.255.255.255:PORT/', 'url'],
  ['http://127.0.0.1:PORT/', 'url'],
  ['http://example.org:PORT/', 'url'],
  ['file:///etc/passwd', 'url'],
  ['gopher://127.0.0.1:PORT/_GET', 'url'],
  ['ftp://127.0.0.1:PORT/', 'url'],
  ['ws://127.0.0.1:PORT/', 'url'],
  ['data:text/plain,hello', 'url'],
  ['javascript:alert(1)', 'url'],
  ['unix:/var/run/docker.sock', 'url'],
  ['//127.0.0.1:PORT/', 'url'],
  ['https://user:password@example.org:PORT/', 'url'],
  ['https://example.org@127.0.0.1:PORT/', 'url'],
  ['https://example.org:PORT/#fragment', 'url'],
  ['https://example.org:22/', 'url'],
  ['https://example.org:25/', 'url'],
  ['https://example.org:6667/', 'url'],
  ['https://', 'url'],
  ['', 'url'],
  ['https://loopback.example:PORT/', 'address'],
  ['https://LOOPBACK.example:PORT/', 'address'],
  ['https://loopback6.example:PORT/', 'address'],
  ['https://mapped.example:PORT/', 'address'],
  ['https://private.example:PORT/', 'address'],
  ['https://metadata.example:PORT/', 'address'],
  ['https://one-of-two.example:PORT/', 'address'],
  ['https://nothing.example:PORT/', 'address'],
];

test.each(HOSTILE)('%s makes no connection', async (text, refused) => {
  const url = text.replace('PORT', String(port));
  const sender = new HttpSender({ policy: POLICY, resolve });

  const reply = await sendTo(url, sender);
  await sender.close();

  expect(reply).toMatchObject({ type: 'none', error: `${refused}_refused` });
  expect('problem' in checkWebhookUrl(url, POLICY)).toBe(refused === 'url');
  expect(connections).toBe(0);
});

test('a name that leads somewhere else the second time that it is asked for makes no connection', async () => {
  const target = createServer(() => connections++);
  await new Promise<void>((resolve) => target.listen(0, '127.0.0.1', resolve));
  const { port: targetPort } = target.address() as { readonly port: number };
  // The first answer may be connected to, and nothing listens there.
  const answers = ['127.0.0.2', '127.0.0.1'];
  let asked = 0;
  const rebinding = async (): Promise<readonly LookupAddress[]> => [{ address: answers[asked++] ?? '', family: 4 }];
  const sender = new HttpSender({ policy: createAddressPolicy(['127.0.0.2']), resolve: rebinding });

  const first = await sendTo(`https://rebinding.example:${targetPort}/`, sender);
  const askedOnce = asked;
  const second = await sendTo(`https://rebinding.example:${targetPort}/`, sender);
  await sender.close();
  await new Promise((resolve) => target.close(resolve));

  expect([first, second]).toMatchObject([{ error: 'connection_failed' }, { error: 'address_refused' }]);
  expect([askedOnce, connections]).toEqual([1, 0]);
});

test('plain HTTP goes to addresses that the operator has allowed, and to no public one', async () => {
  const policy = createAddressPolicy(['10.1.0.0/16']);
  const sender = new HttpSender({ policy, resolve: async () => [{ address: '93.184.215.14', family: 4 }] });

  expect(await sendTo('http://public.example:8080/', sender)).toMatchObject({ error: 'address_refused' });
  expect(await sendTo(`http://127.0.0.1:${port}/`, sender)).toMatchObject({ error: 'url_refused' });
  await sender.close();
  expect(connections).toBe(0);
});

test.each([
  ['8.8.8.8', 'public'],
  ['192.0.1.1', 'public'],
  ['2606:4700::1111', 'public'],
  ['10.1.2.3', 'allowed'],
  ['fd12::1', 'allowed'],
  ['10.2.0.1', 'refused'],
  ['fe80::1%eth0', 'refused'],
  ['not an address', 'refused'],
] as const)('%s is %s', (address, verdict) => {
  expect(createAddressPolicy(['10.1.0.0/16', 'fd12::/32']).judge(address)).toBe(verdict);
});
