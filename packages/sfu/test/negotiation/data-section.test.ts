import { formatSessionId } from '@causeway/protocol';
import { ScriptedClient, seededBytes } from '@causeway/testkit/mesh';
import type { SdpDescription } from '@causeway/wire';
import { parseSdp, writeSdp } from '@causeway/wire';
import {
  agreedData,
  answerOffer,
  applyAnswer,
  createNegotiation,
  hasRoomForData,
  hostCandidates,
  isDataOnItsWay,
  makeOffer,
  type Negotiation,
  type OwnDescription,
  queueSubscriptions,
  withdrawOffer,
} from '../../src/negotiation/index.ts';

const random = seededBytes();
const NO_TRACKS = { publish: [], autoPublish: 'none', subscribe: [], maxSections: 16 } as const;
const DATA = { tracks: [], needsData: true, maxSections: 16 };

function parsed(sdp: string): SdpDescription {
  const result = parseSdp(sdp);
  if (!result.ok) throw new Error(result.reason);
  return result.description;
}

/** A session whose client has offered what it has. */
function join(client: ScriptedClient): Negotiation {
  const fingerprint = { algorithm: 'sha-256', value: Array.from({ length: 32 }, () => 'AB').join(':') };
  const local = { fingerprint, port: 8081, candidates: hostCandidates(['192.0.2.1'], 8081) };
  const id = formatSessionId(101, 'fc756623-3be4-4c40-b651-20e22095ee07');
  return offer(createNegotiation(id, 0, local, random), client);
}

function offer(state: Negotiation, client: ScriptedClient): Negotiation {
  const answered = answerOffer(state, parsed(client.createOffer().sdp), NO_TRACKS, random);
  client.applyAnswer({ sdp: writeSdp(answered.answer) });
  return answered.state;
}

function answer(state: Negotiation, client: ScriptedClient, offered: OwnDescription | undefined): Negotiation {
  if (offered === undefined) throw new Error('the SFU has made no offer');
  const { sdp } = client.answerOffer({ sdp: writeSdp(offered) });
  return applyAnswer(state, parsed(sdp), sdp, random).state;
}

function viewer(): ScriptedClient {
  const client = new ScriptedClient();
  client.addTransceiver('video', { direction: 'recvonly' });
  return client;
}

describe('the m-section of data channels', () => {
  it('is agreed on with the offer of a client that has channels, with its port and the longest message it accepts', () => {
    const client = viewer();
    client.addDataSection();
    client.sctp = { port: 5000, maxMessageSize: 65_535 };

    expect(agreedData(join(client))).toEqual({ localPort: 5000, peer: { port: 5000, maxMessageBytes: 65_535 } });
  });

  it('is refused with the reason when its SCTP port is not that of every stack, in an offer and in an answer', () => {
    const client = viewer();
    client.addDataSection();
    client.sctp = { port: 5001, maxMessageSize: 65_535 };
    const answering = viewer();
    const made = makeOffer(join(answering), DATA, random);
    answering.sctp = { port: 5002, maxMessageSize: 65_535 };

    expect(() => join(client)).toThrow('a=sctp-port:5001');
    expect(() => answer(made.state, answering, made.offer)).toThrow('the SFU supports only port 5000');
  });

  it.each([
    { said: 0, maxMessageBytes: 262_144 },
    { said: 1_073_741_823, maxMessageBytes: 262_144 },
    { said: 16_384, maxMessageBytes: 16_384 },
  ])('with a=max-message-size:$said lets $maxMessageBytes bytes be sent', ({ said, maxMessageBytes }) => {
    const client = viewer();
    client.addDataSection();
    client.sctp = { port: 5000, maxMessageSize: said };

    expect(agreedData(join(client))?.peer.maxMessageBytes).toBe(maxMessageBytes);
  });

  it('is offered by the SFU where there is none, and agreed on by the answer', () => {
    const client = viewer();
    const joined = join(client);
    const made = makeOffer(joined, DATA, random);
    client.sctp = { port: 5000, maxMessageSize: 100_000 };

    expect(agreedData(made.state)).toBeUndefined();
    expect(isDataOnItsWay(made.state)).toBe(true);
    const answered = answer(made.state, client, made.offer);

    expect(agreedData(answered)).toEqual({ localPort: 5000, peer: { port: 5000, maxMessageBytes: 100_000 } });
    expect(client.lastRemote?.sections[1]).toMatchObject({
      media: 'application',
      protocol: 'UDP/DTLS/SCTP',
      sctp: { port: 5000, maxMessageSize: 262_144 },
    });
    expect(makeOffer(answered, DATA, random).offer).toBeUndefined();
  });

  it('is not there when the answer rejects it, and may be offered again', () => {
    const client = viewer();
    const made = makeOffer(join(client), DATA, random);
    client.refusesData = true;
    const refused = answer(made.state, client, made.offer);

    expect(agreedData(refused)).toBeUndefined();
    expect(isDataOnItsWay(refused)).toBe(false);
    expect(makeOffer(refused, DATA, random).offer?.sectionCount).toBe(3);
  });

  it('stays in its place after an unanswered offer, and the next offer has it there', () => {
    const client = viewer();
    const withdrawn = withdrawOffer(makeOffer(join(client), DATA, random).state).state;

    expect(isDataOnItsWay(withdrawn)).toBe(false);
    const again = makeOffer(withdrawn, DATA, random);

    expect(again.offer?.sectionCount).toBe(2);
    expect(agreedData(answer(again.state, client, again.offer))).toBeDefined();
  });

  it('is not queued a second time while the open offer brings it', () => {
    const open = makeOffer(join(viewer()), DATA, random);

    expect(queueSubscriptions(open.state, DATA, random).state.queued).toBeUndefined();
  });

  it('has no room in a session that has as many m-sections as it may', () => {
    const client = viewer();
    const joined = join(client);

    expect(hasRoomForData(joined, 1)).toBe(false);
    expect(hasRoomForData(joined, 2)).toBe(true);
    client.addDataSection();
    expect(hasRoomForData(offer(joined, client), 2)).toBe(true);
  });
});
