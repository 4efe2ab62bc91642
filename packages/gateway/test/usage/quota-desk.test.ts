/** Quotas of apps on several nodes, in virtual time. */
import { MemoryQuotaLedger, NO_USAGE, type QuotaLedger } from '@causeway/accounts';
import { AppId, type AppSettings, DEFAULT_APP_SETTINGS } from '@causeway/protocol';
import type { QuotaState } from '@causeway/sfu';
import { QuotaDesk } from '../../src/usage/quota-desk.ts';

const APP = AppId.parse('demo');
const GB = 1_000_000_000;
const INTERVAL_MS = 5_000;
const START_MS = Date.UTC(2026, 10, 2);

/** Nodes that send at a rate as long as they may, and report every five seconds. */
class Service {
  nowMs = START_MS;
  settings: Partial<AppSettings> = { monthlyQuotaGb: 1 };
  readonly events: number[] = [];
  readonly nodes: { readonly desk: QuotaDesk; state: QuotaState; sentBytes: number; readonly bytesPerTurn: number }[] = [];
  readonly ledger: QuotaLedger & { isAway: boolean };

  constructor(ratesBps: readonly number[], usedBeforeBytes = 0) {
    const memory = new MemoryQuotaLedger(() => this.nowMs);
    this.ledger = {
      isAway: false,
      draw(draw) {
        return this.isAway ? Promise.reject(new Error('away')) : memory.draw(draw);
      },
    };
    for (const [index, rateBps] of ratesBps.entries()) this.start(100 + index, rateBps, usedBeforeBytes);
  }

  start(nodeNo: number, rateBps: number, usedBeforeBytes: number): void {
    const desk = new QuotaDesk({
      ledger: this.ledger,
      sfu: {
        setQuota(_appId, state) {
          node.state = state;
        },
      },
      life: { nodeNo, epoch: 7 },
      settingsOf: async () => ({ ...DEFAULT_APP_SETTINGS, ...this.settings }),
      usedBefore: async () => usedBeforeBytes,
      billingNowMs: () => this.nowMs,
      nowMs: () => this.nowMs,
      onPassed: (_appId, usedPercent) => this.events.push(usedPercent),
    });
    const node = { desk, state: 'open' as QuotaState, sentBytes: 0, bytesPerTurn: (rateBps * INTERVAL_MS) / 8_000 };
    this.nodes.push(node);
  }

  async run(turns: number): Promise<void> {
    for (let turn = 0; turn < turns; turn++) {
      this.nowMs += INTERVAL_MS;
      for (const node of this.nodes) {
        const down = node.state === 'paused' ? 0 : node.bytesPerTurn;
        node.sentBytes += down;
        const usage = down === 0 ? [] : [{ appId: APP, bytes: { ...NO_USAGE, down }, parts: [] }];
        await node.desk.note(usage);
      }
    }
  }

  get sentBytes(): number {
    return this.nodes.reduce((sum, { sentBytes }) => sum + sentBytes, 0);
  }

  get states(): readonly QuotaState[] {
    return this.nodes.map(({ state }) => state);
  }
}

test.each([
  ['one node', [8e6]],
  ['ten nodes', Array.from({ length: 10 }, () => 2e6)],
  ['a busy node and idle ones', [15e6, 1e4, 1e4, 1e4]],
])(
  '%s together go beyond a quota by no more than one slice each, and by no more than a hundredth if they are slow',
  async (_name, rates) => {
    const service = new Service(rates);

    await service.run(100_000 / 5);

    expect(service.states.every((state) => state === 'paused')).toBe(true);
    expect(service.sentBytes).toBeGreaterThanOrEqual(0.9 * GB);
    expect(service.sentBytes).toBeLessThanOrEqual(1.01 * GB);
    expect(service.events).toEqual([80, 95, 100].slice(0, service.events.length));
  },
);

test('an app is told at 80, 95 and 100%, each once, then gets no new subscriptions, and after the grace time nothing', async () => {
  const service = new Service([8e6, 8e6]);
  service.settings = { monthlyQuotaGb: 1, quotaGraceSeconds: 30 };

  await service.run(80);
  const at80 = [...service.events];
  await service.run(20);
  const states = service.states;
  await service.run(6);

  expect(at80).toEqual([80]);
  expect(states).toContain('closed');
  expect(states).not.toContain('paused');
  expect(service.events).toEqual([80, 95, 100]);
  expect(service.states).toEqual(['paused', 'paused']);
});

test('a quota that is raised or taken away lets the app go on', async () => {
  const service = new Service([80e6]);
  await service.run(30);
  const before = service.states;
  service.settings = { monthlyQuotaGb: 2 };
  await service.run(1);
  const raised = service.states;
  await service.run(30);
  const again = service.states;
  service.settings = {};
  await service.run(1);

  expect([before, raised, again, service.states]).toEqual([['paused'], ['open'], ['paused'], ['open']]);
});

test('a new month begins with the whole quota', async () => {
  const service = new Service([80e6]);
  await service.run(30);
  const before = service.states;
  service.nowMs = Date.UTC(2026, 11, 1);
  await service.run(1);

  expect([before, service.states]).toEqual([['paused'], ['open']]);
});

test('what was used before the node started counts', async () => {
  const service = new Service([8e6], 0.999 * GB);

  await service.run(1);

  expect(service.states).toEqual(['paused']);
});

test('a ledger that is away ends nothing and opens nothing', async () => {
  const service = new Service([80e6]);
  service.ledger.isAway = true;
  await service.run(30);
  const open = service.states;
  service.ledger.isAway = false;
  await service.run(1);
  const back = service.states;
  service.ledger.isAway = true;
  await service.run(3);

  expect([open, back, service.states]).toEqual([['open'], ['paused'], ['paused']]);
});

test('a node looks again before a slice is used up, and every quarter of a second at most', async () => {
  const service = new Service([]);
  service.start(101, 80e6, 0);
  const [node] = service.nodes;
  const used = (bytes: number) => [{ appId: APP, bytes: { ...NO_USAGE, down: bytes }, parts: [] }];

  const idle = await node!.desk.note([]);
  // The first bytes may be the beginning of many.
  const first = await node!.desk.note(used(5e6));
  service.nowMs += 5_000;
  // A slice has 10 MB, and at 1 MB a second it lasts for ten.
  const slow = await node!.desk.note(used(5e6));
  service.nowMs += 1_000;
  const fast = await node!.desk.note(used(100e6));
  service.settings = {};
  service.nowMs += 1_000;
  const unlimited = await node!.desk.note(used(100e6));

  expect([idle, first, slow, fast, unlimited]).toEqual([Number.POSITIVE_INFINITY, 250, 5_000, 250, Number.POSITIVE_INFINITY]);
});
