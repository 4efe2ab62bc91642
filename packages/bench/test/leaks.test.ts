import { measureChurn } from '../src/endurance/churn.ts';

const SESSIONS = 300;
/** A real node and real clients on a machine that may be busy. */
const PATIENCE_MS = 180_000;

test(
  'after hundreds of sessions have connected, watched, published, chatted and left, no object of theirs is alive',
  async () => {
    const report = await measureChurn({ sessions: SESSIONS, sessionsBefore: SESSIONS / 2, connectionPatienceMs: 0 }, () => undefined);

    expect(report.left).toEqual([]);
    // And the client that published all the time.
    expect(report.sessionsCreated).toBe(SESSIONS + 1);
    // Sockets of clients are gone; which connections of HTTP are still open is up to their clients.
    expect(report.handlesAfter.UDPWrap).toBe(report.handlesBefore.UDPWrap);
    expect(report.handlesAfter.Timeout).toBe(report.handlesBefore.Timeout);
  },
  PATIENCE_MS,
);
