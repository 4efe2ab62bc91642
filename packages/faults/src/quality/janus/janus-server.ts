/** Janus as Debian packages it, with one video room and nothing else. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { findProgram } from '@causeway/e2e';
import { Child, findFreePort, waitUntil } from '@causeway/lab';

const STARTED_WITHIN_MS = 10_000;

export interface JanusServer {
  /** The URL of its API over HTTP. */
  readonly url: string;
  /** libnice sends and receives no media on loopback. */
  readonly address: string;
  /** The UDP ports of the first two peer connections, in either order. */
  readonly mediaPorts: readonly [number, number];
  close(): Promise<void>;
}

/** @throws Error – Janus is not installed, or does not start */
export async function startJanus(): Promise<JanusServer> {
  const address = outerAddress();
  const [httpPort, firstMediaPort] = [await findFreePort('tcp'), await findFreePort('udp')];
  const mediaPorts = [firstMediaPort, firstMediaPort + 1] as const;
  const folder = await mkdtemp(join(tmpdir(), 'causeway-janus-'));
  await writeFile(
    join(folder, 'janus.jcfg'),
    `general: { configs_folder = "${folder}" debug_level = 3 session_timeout = 0 }
media: { rtp_port_range = "${mediaPorts.join('-')}" }
nat: { ice_lite = true ice_enforce_list = "${address}" }
plugins: { disable = "${['audiobridge', 'echotest', 'recordplay', 'sip', 'nosip', 'streaming', 'textroom', 'videocall', 'voicemail', 'lua', 'duktape'].map((name) => `libjanus_${name}.so`).join(',')}" }
transports: { disable = "libjanus_pfunix.so,libjanus_rabbitmq.so,libjanus_websockets.so,libjanus_mqtt.so,libjanus_nanomsg.so" }
`,
  );
  await writeFile(
    join(folder, 'janus.transport.http.jcfg'),
    `general: { http = true port = ${httpPort} ip = "127.0.0.1" base_path = "/janus" }\n`,
  );
  await writeFile(join(folder, 'janus.plugin.videoroom.jcfg'), 'general: { }\n');
  const child = new Child({
    name: 'janus',
    command: [findProgram('janus'), '-F', folder],
    environment: process.env,
    folder,
  });
  const url = `http://127.0.0.1:${httpPort}/janus`;
  const close = async () => {
    await child.stop();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const isUp = () =>
      fetch(`${url}/info`).then(
        ({ ok }) => ok,
        () => false,
      );
    await Promise.race([
      waitUntil('Janus answers', isUp, (isThere) => isThere, STARTED_WITHIN_MS),
      child.died.then(() => Promise.reject(new Error(`Janus has ended:\n${child.log}`))),
    ]);
  } catch (error) {
    await close();
    throw error;
  }
  return { url, address, mediaPorts, close };
}

function outerAddress(): string {
  const found = Object.values(networkInterfaces())
    .flat()
    .find((each) => each !== undefined && !each.internal && each.family === 'IPv4');
  if (found === undefined) throw new Error('Janus needs a network interface besides loopback, with an IPv4 address');
  return found.address;
}
