/** Where a scenario at the edge takes place: one node, its clients, a cable between them, and a judge of what is on the cable. */

import { AskedChild } from '@causeway/lab';
import type { AudienceVerbs } from '../../clients/audience-verbs.ts';
import { EdgeNode, type EdgeNodeOptions } from '../../edge/edge-node.ts';
import type { InsideVerbs } from '../../edge/inside-verbs.ts';
import { NamespaceRoom, type Side } from '../../room/namespace-room.ts';
import { WireCapture } from '../../wire/wire-capture.ts';
import { WireJudge } from '../../wire/wire-judge.ts';
import { atLeast, exactly, type Finding } from '../finding.ts';

/** The end of a node's output, which tells why it ended. */
const MAX_NOTED_CHARACTERS = 3_000;

export interface EdgeLabOptions {
  readonly seed: number;
  /** Called with what a scenario reports about its progress. */
  readonly note: (text: string) => void;
}

export class EdgeLab {
  readonly room: NamespaceRoom;
  readonly seed: number;
  readonly note: EdgeLabOptions['note'];
  /** The processes of the publishers, and of the watchers. */
  readonly sources: AskedChild<AudienceVerbs>;
  readonly audience: AskedChild<AudienceVerbs>;
  readonly #insiders: Readonly<Record<Side, AskedChild<InsideVerbs>>>;
  readonly #capture: WireCapture;
  #node: EdgeNode | undefined;

  private constructor(room: NamespaceRoom, capture: WireCapture, { seed, note }: EdgeLabOptions) {
    this.room = room;
    this.#capture = capture;
    this.seed = seed;
    this.note = note;
    const inside = <Verbs extends { readonly [Verb in keyof Verbs]: (argument: never) => unknown }>(
      side: Side,
      name: string,
      program: string,
    ) =>
      new AskedChild<Verbs>({
        name,
        program: new URL(`../../${program}`, import.meta.url),
        within: (command) => room.command(side, command),
      });
    this.sources = inside('clients', 'sources', 'clients/audience-main.ts');
    this.audience = inside('clients', 'audience', 'clients/audience-main.ts');
    this.#insiders = {
      node: inside('node', 'observer', 'edge/inside-main.ts'),
      clients: inside('clients', 'stranger', 'edge/inside-main.ts'),
    };
  }

  /** Runs a function with a lab that is removed afterwards in any case. */
  static async with<Result>(options: EdgeLabOptions, use: (lab: EdgeLab) => Promise<Result>): Promise<Result> {
    const room = await NamespaceRoom.open();
    try {
      const capture = await WireCapture.start(room);
      const lab = new EdgeLab(room, capture, options);
      try {
        return await use(lab);
      } catch (error) {
        lab.#noteDeath();
        throw error;
      } finally {
        await lab.#close();
      }
    } finally {
      room.close();
    }
  }

  /** @throws Error – no node was started */
  get node(): EdgeNode {
    if (this.#node === undefined) throw new Error('This lab has no node yet');
    return this.#node;
  }

  async startNode(options: EdgeNodeOptions = {}): Promise<EdgeNode> {
    this.#node = await EdgeNode.start(this.room, this.inside('node'), options);
    return this.#node;
  }

  /** A process in one of the namespaces that is neither node nor client. */
  inside(side: Side): AskedChild<InsideVerbs> {
    return this.#insiders[side];
  }

  /**
   * Ends every scenario: checks that the node that was started still serves, and that what it sent was right. Nothing is captured
   * afterwards.
   */
  async verdict(): Promise<Finding[]> {
    return (await this.verdictWithFragments()).verdict;
  }

  /** Does the same as `verdict`, and returns how many fragments the node has sent. */
  async verdictWithFragments(): Promise<{ readonly verdict: Finding[]; readonly fragments: number }> {
    const survival = await this.#survival();
    const told = [...(await this.sources.ask('told')), ...(await this.audience.ask('told'))];
    this.note('the wire is judged');
    const judge = new WireJudge(told);
    const { dropped, fragments, incomplete } = await this.#capture.end((datagram) => judge.add(datagram));
    const { rtpPackets, rtcpPackets, readable, misdirected, reused, repeated } = judge.verdict();
    const verdict = [
      ...survival,
      atLeast(`RTP packets on the wire, and ${rtcpPackets} of RTCP`, rtpPackets, 1),
      exactly('frames that the capture lacks', dropped, 0),
      exactly('datagrams on the wire that are readable', readable, 0),
      exactly('RTP packets on the wire for another peer than the one they went to', misdirected, 0),
      exactly('packets under an index that was used before', reused, 0),
      exactly(`packets that were sent twice (${incomplete} datagrams lack a fragment)`, repeated, 0),
    ];
    return { verdict, fragments };
  }

  async #survival(): Promise<Finding[]> {
    const { child, address } = this.node;
    this.#noteDeath();
    const { status } = await this.inside('node').ask('fetchText', `${address.url}/readyz`);
    return [
      exactly('the process that was started', child.hasEnded ? `ended (${child.ending})` : 'runs', 'runs'),
      exactly('it says that it is ready', status, 200),
      exactly('worker threads that were lost', child.log.split('a worker thread is gone').length - 1, 0),
    ];
  }

  /** Notes the output of a node that ended by itself. */
  #noteDeath(): void {
    const child = this.#node?.child;
    if (child?.hasEnded === true) this.note(`the node ended (${child.ending}) and had written:\n${child.log.slice(-MAX_NOTED_CHARACTERS)}`);
  }

  async #close(): Promise<void> {
    const children = [this.sources, this.audience, ...Object.values(this.#insiders)];
    await Promise.all(children.map(({ child }) => child.kill()));
    // A frozen process reacts only to this.
    if (this.#node !== undefined && !this.#node.child.hasEnded) await this.#node.child.kill();
    await this.#capture.remove();
  }
}
