/** Promises that the simulation of whole nodes must see broken. `scripts/checks/simulation.test.ts` checks that each still applies. */

export interface SimulatedMutation {
  readonly what: string;
  readonly file: string;
  /** Occurs once in the file. */
  readonly before: string;
  readonly after: string;
}

export const MUTATIONS: Readonly<Record<string, SimulatedMutation>> = {
  'forgetful-registry': {
    what: 'what Redis has lost is not written again',
    file: 'packages/cluster/src/registry/restorer.ts',
    before: 'if (history.isBehind) await this.#restore(appId, history);',
    after: 'if (history.isBehind) return;',
  },
  'double-billing': {
    what: 'a batch of usage that comes again is counted again',
    file: 'packages/cluster/lua/usage-count.lua',
    before: 'if tonumber(ARGV[1]) <= last then',
    after: 'if tonumber(ARGV[1]) < last then',
  },
  'lost-billing': {
    what: 'usage that a failover took back is not sent again',
    file: 'packages/accounts/src/usage/usage-queue.ts',
    before: "if (receipt.type === 'gap') this.#takeBack(receipt.lastSeq);",
    after: "if (receipt.type === 'gap') kept.confirmedAtMs = this.#options.nowMs();",
  },
  'lost-events': {
    what: 'events that Redis has lost are not appended again',
    file: 'packages/gateway/src/events/event-outbox.ts',
    before: 'shipment.appended = receipt.lastSerial;',
    after: 'shipment.appended = outgoing.at(-1)?.serial ?? shipment.appended;',
  },
  'repeated-events': {
    what: 'a client does not know again what it has heard before Redis lost it',
    file: 'packages/gateway/src/events/log-cursor.ts',
    before: "return entry.type === 'event' && (entry.formerId === undefined || !this.#hasRead(entry.formerId));",
    after: "return entry.type === 'event';",
  },
  'many-copies': {
    what: 'a copy of a track that comes in beside the one of a region stays',
    file: 'packages/sfu/src/relay/import-legs.ts',
    before: 'return isBesideOwn || this.#isMisplaced(this.local?.route ?? [], planned) ? Number.POSITIVE_INFINITY : currentCost;',
    after: 'return currentCost;',
  },
  'shared-claims': {
    what: 'a second node may claim a call that another has carried out',
    file: 'packages/cluster/lua/call-claim.lua',
    before: 'if holder and holder ~= ARGV[2] then',
    after: 'if holder == ARGV[1] then',
  },
};
