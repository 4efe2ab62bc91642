import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { atLeast, atMost, exactly, type Finding } from '../finding.ts';
import type { EdgeScenario } from '../scenario.ts';
import { EdgeCall, losslessCall } from './edge-call.ts';
import type { EdgeLab } from './edge-lab.ts';

const run = promisify(execFile);
const CONNECTIONS = 200;
const HELD_MS = 2_000;
const JOINED_WITHIN_MS = 5_000;
const ENOUGH_FILES = 1_024;

type Ffi = 'with' | 'without';

/** Without file descriptors there is no connection for another call, while everything that runs continues. */
export const noDescriptors = descriptorsScenario('no-descriptors', 'with');
/** Without FFI there is no socket for another client either. */
export const noDescriptorsAlone = descriptorsScenario('no-descriptors-no-ffi', 'without');

function descriptorsScenario(name: string, ffi: Ffi): EdgeScenario {
  return {
    place: 'edge',
    name,
    covers: ['E4'],
    title: `A node that may open no more files while connections, calls and clients come (EMFILE), ${ffi} FFI`,
    async run(lab) {
      const { child, listenAddress } = await lab.startNode({ ffi });
      const call = await EdgeCall.open(lab, { publishers: 1, watchers: 4 });
      const open = await openFiles(child.pid);
      await limitOpenFiles(child.pid, lowestFree(open));
      await call.beginWindow();
      const port = Number(new URL(lab.node.address.url).port);
      await lab.inside('clients').ask('holdConnections', { address: listenAddress, port, count: CONNECTIONS });
      // The client is refused, or admitted over a connection that is already open; its media then shares a socket.
      const meanwhile = await oneMore(lab, call);
      await sleep(HELD_MS);
      const openThen = await openFiles(child.pid);
      const findings = await losslessCall('while there were none left', call);
      await lab.inside('clients').ask('releaseConnections');
      await limitOpenFiles(child.pid, ENOUGH_FILES);
      return [
        atMost(`open files while ${CONNECTIONS} connections came (one more subscriber ${meanwhile})`, openThen.length, open.length),
        ...findings,
        ...(await joinsAgain(lab, call)),
        ...(ffi === 'without' ? [atLeast('sockets of their own that clients have', await lab.node.metric('causeway_udp_sockets'), 6)] : []),
        ...(await lab.verdict()),
      ];
    },
  };
}

/** Returns the numbers of a process's descriptors in ascending order. */
async function openFiles(pid: number): Promise<number[]> {
  return (await readdir(`/proc/${pid}/fd`)).map(Number).sort((a, b) => a - b);
}

/** Returns the number that the next file would get. */
function lowestFree(open: readonly number[]): number {
  const gap = open.findIndex((descriptor, index) => descriptor !== index);
  return gap < 0 ? open.length : gap;
}

/** Limits the open files of a running process, which the system refuses to exceed from then on. @see prlimit(1) */
async function limitOpenFiles(pid: number, count: number): Promise<void> {
  await run('prlimit', ['--pid', String(pid), `--nofile=${count}:`]);
}

async function joinsAgain(lab: EdgeLab, call: EdgeCall): Promise<Finding[]> {
  const startedAtMs = performance.now();
  return [
    exactly('one more subscriber, once there are some again', await oneMore(lab, call), 'joined'),
    atMost('until it had joined', performance.now() - startedAtMs, JOINED_WITHIN_MS, ' ms'),
  ];
}

function oneMore(lab: EdgeLab, { tracks }: EdgeCall): Promise<'joined' | 'was refused'> {
  return lab.audience.ask('watch', { address: lab.node.address, tracks, count: 1 }).then(
    () => 'joined',
    () => 'was refused',
  );
}
