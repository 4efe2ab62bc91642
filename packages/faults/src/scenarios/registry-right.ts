import type { Lab } from './lab.ts';

/** Whether every node lists the same sessions, and for each region as many as its node reports. */
export async function isRegistryRight(lab: Lab): Promise<boolean> {
  const running = lab.cluster.nodes.filter(({ isRunning }) => isRunning);
  try {
    const lists = await Promise.all(running.map(async ({ plan }) => (await lab.api(plan.name).sessionIds()).sort().join()));
    if (new Set(lists).size !== 1) return false;
    const listed = lists[0] === '' ? [] : (lists[0] ?? '').split(',');
    const counts = await Promise.all(
      running.map(async (node) => {
        const open = await openSessions(node);
        return listed.filter((sessionId) => sessionId.startsWith(`session-${node.plan.nodeNo}-`)).length === open;
      }),
    );
    return counts.every(Boolean);
  } catch {
    // A list that is not available is not right.
    return false;
  }
}

const OPEN_STATES = ['new', 'connecting', 'connected', 'disconnected'];

async function openSessions(node: Lab['cluster']['nodes'][number]): Promise<number> {
  const counts = await Promise.all(OPEN_STATES.map((state) => node.metric(`causeway_sessions{state="${state}"}`)));
  return counts.reduce((sum, count) => sum + count, 0);
}
