import { hmacSha1, layPath, type Stranger, VirtualTime, VirtualWorld, type WorldLink } from '@causeway/testkit';
import { parseStun, writeBindingError, writeBindingRequest, writeBindingSuccess } from '@causeway/wire';

const LINK = 'link';

/** Engine A reaches out to B, which does not answer; a stranger sees everything that is sent there. */
class Search {
  readonly a: VirtualWorld;
  readonly b: VirtualWorld;
  readonly link: WorldLink;
  readonly stranger: Stranger;
  readonly asked: Uint8Array[] = [];

  constructor() {
    const time = new VirtualTime();
    this.a = new VirtualWorld({ time, address: '203.0.113.1' });
    this.b = new VirtualWorld({ seed: 2, time, address: '203.0.113.2' });
    this.link = layPath(this.a, this.b, LINK);
    this.link.there.lose = (datagram) => {
      const check = parseStun(datagram);
      if (check !== undefined) this.asked.push(check.transactionId.slice());
      return true;
    };
    this.stranger = this.a.addStranger();
    this.a.engine.handleCommand(this.a.nowMs, { type: 'open-transport', plan: this.link.plans.initiator });
    this.a.run(1000);
  }

  /** B's answer to one of A's checks, as B would write it unless told otherwise. */
  answerTo(transactionId: Uint8Array, password = this.link.plans.initiator.remote.password): Uint8Array {
    const { address, port } = this.a;
    return writeBindingSuccess({ transactionId, address, port, integrity: { key: Buffer.from(password), hmacSha1 }, fingerprint: true });
  }

  /** From B's address, whoever sends it. */
  deliver(datagram: Uint8Array): void {
    this.link.back.send(this.a.nowMs, datagram);
    this.a.run(50);
  }

  get state(): string | undefined {
    return this.a.engine.snapshot(this.a.nowMs).transports[0]?.state;
  }

  drops(reason: string): number | undefined {
    return this.a.engine.drops()[reason];
  }
}

function latest(search: Search): Uint8Array {
  return search.asked.at(-1) ?? new Uint8Array(12);
}

test('the answer that the checks wait for is B’s: with the password, from the address, to a check of ours', () => {
  const search = new Search();

  search.deliver(search.answerTo(latest(search)));

  expect(search.state).toBe('connecting');
  expect(search.a.selectedPaths).toHaveLength(1);
  expect(search.drops('stun-unsolicited')).toBe(0);
});

test('transaction ids do not repeat, even for the same address', () => {
  const search = new Search();

  expect(search.asked.length).toBeGreaterThan(4);
  expect(new Set(search.asked.map((id) => Buffer.from(id).toString('hex'))).size).toBe(search.asked.length);
});

test.each([
  ['with another password', (search: Search) => search.answerTo(latest(search), 'not-the-password')],
  [
    'without proof',
    (search: Search) => writeBindingSuccess({ transactionId: latest(search), address: '1.2.3.4', port: 5, fingerprint: true }),
  ],
  ['to a check that was never sent', (search: Search) => search.answerTo(new Uint8Array(12).fill(9))],
  [
    'that is an error',
    (search: Search) => {
      const integrity = { key: Buffer.from(search.link.plans.initiator.remote.password), hmacSha1 };
      return writeBindingError({ transactionId: latest(search), code: 487, integrity, fingerprint: true });
    },
  ],
])('an answer %s changes nothing, and leaves room for the true one', (_name, write) => {
  const search = new Search();
  const asked = latest(search);

  search.deliver(write(search));
  const stateAfterForgery = search.state;
  const unsolicited = search.drops('stun-unsolicited');
  search.deliver(search.answerTo(asked));

  expect(stateAfterForgery).toBe('new');
  expect(unsolicited).toBe(1);
  expect(search.state).toBe('connecting');
});

test('B’s own answer from another address proves nothing about either', () => {
  const search = new Search();

  search.stranger.send(search.a.nowMs, search.answerTo(latest(search)));
  search.a.run(50);

  expect(search.state).toBe('new');
  expect(search.a.selectedPaths).toEqual([]);
  expect(search.drops('stun-unsolicited')).toBe(1);
});

test('an answer counts once: repeated, it keeps no dead link alive', () => {
  const search = new Search();
  const answer = search.answerTo(latest(search));
  search.deliver(answer);
  search.deliver(answer);
  const unsolicited = search.drops('stun-unsolicited');

  for (let passedMs = 0; passedMs < 16_000; passedMs += 100) {
    search.deliver(answer);
    search.a.run(50);
  }

  expect(unsolicited).toBe(1);
  expect(search.a.events.map(({ what }) => what)).toContain('setup_timeout');
});

test('an answer that comes two seconds after its check is not waited for any more', () => {
  const search = new Search();
  const asked = latest(search);
  search.a.run(3000);

  search.deliver(search.answerTo(asked));

  expect(search.state).toBe('new');
});

test('without an address to reach no check is ever sent', () => {
  const search = new Search();
  const { initiator } = search.link.plans;
  const { reach: _, ...waiting } = initiator;
  const sent = search.link.there.sent;
  search.a.engine.handleCommand(search.a.nowMs, { type: 'close-transport', transportId: LINK });
  search.a.engine.handleCommand(search.a.nowMs, { type: 'open-transport', plan: { ...waiting, transportId: 'waiting' } });

  search.a.run(5000);

  expect(search.link.there.sent).toBe(sent);
});

test('who knows a link’s user fragment and not its password gets no answer', () => {
  const search = new Search();
  const { local, remote } = search.link.plans.initiator;

  for (const password of ['', remote.password, 'guess']) {
    const integrity = { key: Buffer.from(password), hmacSha1 };
    const username = `${local.ufrag}:${remote.ufrag}`;
    const check = writeBindingRequest({ transactionId: new Uint8Array(12), username, integrity, useCandidate: true, fingerprint: true });
    search.stranger.send(search.a.nowMs, check);
  }
  search.a.run(100);

  expect(search.stranger.received).toEqual([]);
  expect(search.drops('stun-bad-integrity')).toBe(3);
});

test('a flood of answers to nothing is dropped, and the link connects meanwhile', () => {
  const search = new Search();
  for (let answers = 0; answers < 5000; answers++) {
    const transactionId = Uint8Array.from({ length: 12 }, () => search.a.random() * 256);
    search.stranger.send(search.a.nowMs, search.answerTo(transactionId));
  }
  search.b.engine.handleCommand(search.b.nowMs, { type: 'open-transport', plan: search.link.plans.acceptor });
  search.link.there.lose = () => false;

  search.a.run(2000);

  expect(search.drops('stun-unsolicited')).toBe(5000);
  expect(search.state).toBe('connected');
});
