import { ALL_GRANTS, type CallAssertion } from '@causeway/accounts';
import { AppId } from '@causeway/protocol';
import { deriveClusterKeys } from '../../src/trust/cluster-keys.ts';
import { SignedAssertionTrust } from '../../src/trust/signed-assertion-trust.ts';
import { signText } from '../../src/trust/signed-text.ts';

const KEYS = deriveClusterKeys('a key that the whole cluster knows');
const SIGNED_AT_MS = Date.UTC(2026, 10, 28);
const TRUST = trustAt(SIGNED_AT_MS);

function trustAt(clusterNowMs: number): SignedAssertionTrust {
  return new SignedAssertionTrust(KEYS.callAssertions, () => clusterNowMs);
}

function assertion(changes: Partial<CallAssertion> = {}): CallAssertion {
  return {
    assertionId: 'fc756623-3be4-4c40-b651-20e22095ee07',
    issuedAtMs: 12_345.678,
    from: { nodeNo: 101, epoch: 1_780_000_001 },
    to: { nodeNo: 102, epoch: 1_780_000_002 },
    appId: AppId.parse('demo'),
    method: 'POST',
    path: '/api/sfu/demo/session/session-102-fc756623-3be4-4c40-b651-20e22095ee07/track/publish?a=ü',
    bodyDigest: '47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=',
    grants: ALL_GRANTS,
    ...changes,
  };
}

describe('assertions for calls', () => {
  test('say at the other end what was said at this one', () => {
    const text = TRUST.sign(assertion());

    expect(text).toMatch(/^[\x21-\x7e]{1,2048}$/);
    expect(trustAt(SIGNED_AT_MS).verify(text)).toEqual(assertion());
  });

  test('state what a token grants, and nothing for a secret, like versions before tokens', () => {
    const grants = { kind: 'token', token: { sub: 'user', jti: 'token', iat: 0, exp: 600, act: ['list'], names: ['a-*'] } } as const;
    const payloadOf = (text: string) => JSON.parse(Buffer.from(String(text.split('.')[0]), 'base64url').toString());

    expect(TRUST.verify(TRUST.sign(assertion({ grants } as never)))).toEqual(assertion({ grants } as never));
    expect(payloadOf(TRUST.sign(assertion())).assertion).not.toHaveProperty('grants');
    expect(payloadOf(TRUST.sign(assertion())).assertion).not.toHaveProperty('token');
  });

  test('are nothing when they grant what this version does not understand', () => {
    const signed = (token: object) => {
      const { grants: _grants, ...call } = assertion();
      return signText(JSON.stringify({ signedAtMs: SIGNED_AT_MS, assertion: { ...call, token } }), KEYS.callAssertions);
    };
    const token = { sub: 'user', jti: 'token', iat: 0, exp: 600 };

    expect(TRUST.verify(signed(token))).toEqual(assertion({ grants: { kind: 'token', token } } as never));
    for (const unknown of [{ newClaim: 1 }, { act: ['everything'] }, { sub: '' }, { max: { planets: 1 } }]) {
      expect(TRUST.verify(signed({ ...token, ...unknown }))).toBeUndefined();
    }
  });

  test('are invalid when signed with another key, or by a node for another purpose', () => {
    const stranger = new SignedAssertionTrust(deriveClusterKeys('a key that only somebody else knows').callAssertions, () => SIGNED_AT_MS);

    expect(TRUST.verify(stranger.sign(assertion()))).toBeUndefined();
    expect(TRUST.verify(signText(JSON.stringify(assertion()), KEYS.nodeRecords))).toBeUndefined();
  });

  test.each<[string, Partial<CallAssertion>]>([
    ['another app', { appId: AppId.parse('other') }],
    ['another node', { to: { nodeNo: 103, epoch: 1_780_000_002 } }],
    ['another life of the node', { to: { nodeNo: 102, epoch: 1_780_000_003 } }],
    ['other grants', { grants: { kind: 'token', token: { sub: 'user', jti: 'token', iat: 0, exp: 600 } } }],
    ['another body', { bodyDigest: 'LCa0a2j/xo/5m0U8HTBBNBNCLXBkg7+g+YpeiGJm564=' }],
    ['another path', { path: '/' }],
    ['later use', { issuedAtMs: 99_999 }],
  ])('cannot be changed into one for %s', (_, changes) => {
    const [, signature] = TRUST.sign(assertion()).split('.');
    const [payload] = TRUST.sign(assertion(changes)).split('.');

    expect(TRUST.verify(`${payload}.${signature}`)).toBeUndefined();
  });

  test.each([
    'null',
    '[]',
    '{',
    '"text"',
    '{"appId":"demo"}',
    JSON.stringify(assertion()),
    JSON.stringify({ signedAtMs: SIGNED_AT_MS, assertion: { ...assertion(), appId: 'no app!' } }),
  ])('are not understood in another shape: %s', (payload) => {
    expect(TRUST.verify(signText(payload, KEYS.callAssertions))).toBeUndefined();
  });

  test.each([-91_000, -89_000, 0, 89_000, 91_000])(
    'are valid for a minute and a half by the cluster’s clock, in both directions: %d ms',
    (laterMs) => {
      const text = TRUST.sign(assertion());

      expect(trustAt(SIGNED_AT_MS + laterMs).verify(text)).toEqual(Math.abs(laterMs) < 90_000 ? assertion() : undefined);
    },
  );

  test('are refused, and not made, when they are too long for a header', () => {
    const long = assertion({ path: `/${'x'.repeat(7_000)}` });

    expect(() => TRUST.sign(long)).toThrow('7001 characters is too long');
    expect(TRUST.verify(signText(JSON.stringify(long), KEYS.callAssertions))).toBeUndefined();
  });
});
