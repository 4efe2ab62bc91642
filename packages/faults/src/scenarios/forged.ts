import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createConnection } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Call } from './call.ts';
import { exactly, type Finding } from './finding.ts';
import type { Lab } from './lab.ts';
import type { Scenario } from './scenario.ts';

/** The names under which nodes find each other in Redis. An attacker with write access there would learn them at once. */
const RECORDS = 'sfu:{:nodes}:records';
const LEASES = 'sfu:{:nodes}:leases';
const CHANGES = 'sfu:{:nodes}:changes';
const FORGED_NODE = '777';
/** Nodes read the table more often than this. */
const NOTICED_MS = 4_000;
const FOREVER = '9999999999999';

/** Without the cluster key, an attacker is not taken for a node, however close they get. */
export const forged: Scenario = {
  name: 'forged',
  covers: ['Show: forged node numbers, replayed assertions, unsigned node records'],
  title: 'Forged node numbers, replayed assertions, unsigned node records',
  async run(lab) {
    const call = await Call.open(lab, { name: 'talk', from: 'us', to: { eu: 1 } });
    const path = `/session/${call.track.remoteSessionId}/tracks`;
    return [...(await forgedNumbers(lab)), ...(await assertions(lab, path)), ...(await forgedRecords(lab, path))];
  },
};

async function forgedNumbers(lab: Lab): Promise<Finding[]> {
  const numbers = ['999', '0', '00102', '-102', '99999999999999999999', '1e2', '102.0', '１０２', '127.0.0.1'];
  const statuses = await Promise.all(
    numbers.map(
      async (number) =>
        (await lab.api('eu').call('GET', `/session/${encodeURIComponent(`session-${number}-${randomUUID()}`)}/tracks`)).status,
    ),
  );
  return [exactly(`sessions of nodes ${numbers.join(', ')} are`, [...new Set(statuses)].join(), '404')];
}

/** A call that eu has passed on to us, as it was on the wire, and what an attacker who saw it there could make of it. */
async function assertions(lab: Lab, path: string): Promise<Finding[]> {
  const { status } = await lab.api('eu').call('GET', path);
  const request = Buffer.from(await lab.cluster.network.ask('lastApiRequest', 'us')).toString('latin1');
  const header = /^causeway-assertion: *(.+)$/im.exec(request)?.[1]?.trim() ?? '';
  const [us, ap] = [lab.cluster.node('us').plan, lab.cluster.node('ap').plan];
  const other = request.replace('/tracks', '');
  return [
    exactly('a call passed on by eu was answered', status, 200),
    exactly('it carried the secret of the app', request.includes(lab.cluster.app.secret) ? 'yes' : 'no', 'no'),
    exactly('the same bytes again', await sendRaw(us.httpPort, request), 401),
    exactly('the same assertion for another call', await sendRaw(us.httpPort, other), 401),
    exactly('the same assertion to another node', await sendRaw(ap.httpPort, request), 401),
    exactly('an assertion with one character changed', await sendRaw(us.httpPort, request.replace(header, flip(header))), 401),
    exactly('an empty assertion', await sendRaw(us.httpPort, request.replace(header, 'e30.AAAA')), 401),
  ];
}

/** Forges records of nodes, as an attacker could who can write to Redis. */
async function forgedRecords(lab: Lab, path: string): Promise<Finding[]> {
  let connections = 0;
  const trap = createServer((_request, response) => response.end('{}')).listen(0, '127.0.0.1');
  trap.on('connection', () => connections++);
  await once(trap, 'listening');
  const url = `http://127.0.0.1:${(trap.address() as { readonly port: number }).port}`;
  const refusedBefore = await refusedRecords(lab);
  const [payload = '', signature = ''] = (await lab.redis.command('HGET', RECORDS, '102')).split('.');
  const lured = Buffer.from(payload, 'base64url')
    .toString()
    .replace(/"apiUrl":"[^"]+"/, `"apiUrl":"${url}"`);
  // One is another node that leads into the trap, one takes the place of another node, and one has a changed address.
  await putRecord(lab, FORGED_NODE, `${encode(lured.replace('"nodeNo":102', `"nodeNo":${FORGED_NODE}`))}.${signature}`);
  await putRecord(lab, '778', await lab.redis.command('HGET', RECORDS, '103'));
  await putRecord(lab, '102', `${encode(lured)}.${signature}`);
  await sleep(NOTICED_MS);
  const statuses = await Promise.all(
    [`session-${FORGED_NODE}-${randomUUID()}`, `session-778-${randomUUID()}`].map(
      async (id) => (await lab.api('eu').call('GET', `/session/${id}/tracks`)).status,
    ),
  );
  const kept = (await lab.api('eu').call('GET', path)).status;
  trap.close();
  return [
    exactly('sessions of nodes with unsigned records are', statuses.join(), '404,404'),
    exactly('calls for a node whose record was changed still reach it', kept, 200),
    exactly('connections to where the forged records lead', connections, 0),
    exactly('the nodes count refused records', (await refusedRecords(lab)) > refusedBefore ? 'yes' : 'no', 'yes'),
  ];
}

async function putRecord(lab: Lab, nodeNo: string, text: string): Promise<void> {
  const [, newest = '0'] = (await lab.redis.command('ZREVRANGE', CHANGES, '0', '0', 'WITHSCORES')).split('\n');
  await lab.redis.command('HSET', RECORDS, nodeNo, text);
  if (nodeNo !== '102') await lab.redis.command('ZADD', LEASES, FOREVER, nodeNo);
  await lab.redis.command('ZADD', CHANGES, String(Number(newest) + 1), nodeNo);
}

async function refusedRecords(lab: Lab): Promise<number> {
  return lab.cluster.node('eu').metric('causeway_node_records_refused_total');
}

function encode(text: string): string {
  return Buffer.from(text).toString('base64url');
}

function flip(text: string): string {
  const middle = Math.floor(text.length / 2);
  return `${text.slice(0, middle)}${text[middle] === 'A' ? 'B' : 'A'}${text.slice(middle + 1)}`;
}

/** @returns the status of the reply */
async function sendRaw(port: number, request: string): Promise<number> {
  const socket = createConnection(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.write(Buffer.from(request, 'latin1'));
  const [reply] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  return Number(/^HTTP\/1\.1 (\d{3})/.exec(reply.toString('latin1'))?.[1] ?? 0);
}
