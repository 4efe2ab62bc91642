import { generateKeyPairSync } from 'node:crypto';
import { createJsonLogger, redact } from '../src/logging/logger.ts';
import { APP_ID, AUTHORIZATION, OFFER, SECRET, startTestServer } from './support/test-server.ts';

/** Runs an action and returns what was written to standard error meanwhile, a line for each entry. */
async function captureStderr(action: () => Promise<void>): Promise<string[]> {
  const written: string[] = [];
  const write = jest.spyOn(process.stderr, 'write').mockImplementation((text) => {
    written.push(String(text));
    return true;
  });
  await action();
  write.mockRestore();
  return written.join('').split('\n').filter(Boolean);
}

test('one line of JSON for each request, with what an operator needs to find it again', async () => {
  const lines = await captureStderr(async () => {
    const server = await startTestServer({ logger: createJsonLogger('http'), now: () => 0 });
    await server.call('GET', '/session/nonsense/tracks?limit=1', { headers: { 'X-Request-Id': 'my-request' } });
    await server.close();
  });

  expect(lines).toHaveLength(1);
  expect(JSON.parse(lines[0] ?? '')).toEqual({
    level: 'http',
    message: 'request',
    timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
    requestId: 'my-request',
    method: 'GET',
    path: `/api/sfu/${APP_ID}/session/nonsense/tracks`,
    status: 404,
    durationMs: 0,
    errorCode: 'session_not_found',
  });
});

test('a request of a trace is logged with its place in it', async () => {
  const trace = { traceId: '0af7651916cd43dd8448eb211c80319c', parentSpanId: 'b7ad6b7169203331' };
  const lines = await captureStderr(async () => {
    const server = await startTestServer({ logger: createJsonLogger('http') });
    for (const [version, parent, rest] of [
      ['00', trace.parentSpanId, ''],
      ['cc', trace.parentSpanId, '-what-the-future-brings'],
      ['00', trace.parentSpanId, '-more'],
      ['ff', trace.parentSpanId, ''],
      ['00', '0000000000000000', ''],
    ]) {
      await server.call('GET', '/sessions', { headers: { Traceparent: `${version}-${trace.traceId}-${parent}-01${rest}` } });
    }
    await server.close();
  });
  const logged = lines.map((line) => JSON.parse(line) as Record<string, string>);

  expect(logged.map(({ traceId }) => traceId)).toEqual([trace.traceId, trace.traceId, undefined, undefined, undefined]);
  expect(logged[0]).toMatchObject({ ...trace, spanId: expect.stringMatching(/^[0-9a-f]{16}$/) });
});

test('no secret and no SDP gets into the log, whatever happens', async () => {
  const lines = await captureStderr(async () => {
    const server = await startTestServer({ logger: createJsonLogger('debug') });
    const sessionId = await server.createSession();
    await server.call('POST', `/session/${sessionId}/track/publish`, {
      body: { tracks: [{ trackId: 't', mid: '0' }], sessionDescription: OFFER },
    });
    await server.call('POST', '/session/new', { body: { sessionDescription: { ...OFFER, type: 'nonsense' } } });
    await server.call('POST', '/session/new', { body: `{"broken": "${OFFER.sdp}` });
    await server.send('GET', `/api/sfu/${APP_ID}/sessions`, { headers: { Authorization: 'Bearer wrong-secret-canary' } });
    const token = await server.mintToken({ jti: 'token-canary' });
    await server.send('POST', `/api/sfu/${APP_ID}/session/${sessionId}/close?token=${token}`);
    server.sfu.failure = new Error(`broke over Authorization: ${AUTHORIZATION} and ${OFFER.sdp} and ?token=${SECRET} and ${token}`);
    await server.call('GET', '/sessions');
    await server.close();
  });

  expect(lines.length).toBe(9);
  expect(lines.filter((line) => line.includes('canary'))).toEqual([]);
  expect(lines.filter((line) => line.includes('eyJ'))).toEqual([]);
  expect(lines.some((line) => line.includes('broke over Authorization'))).toBe(true);
});

test('requests are not logged unless asked for', async () => {
  const lines = await captureStderr(async () => {
    const server = await startTestServer({ logger: createJsonLogger('info') });
    await server.createSession();
    await server.close();
  });

  expect(lines).toEqual([]);
});

describe('redact', () => {
  test('replaces secret fields at any depth, in any spelling', () => {
    const value = { headers: [{ Authorization: 'x', accept: 'y' }], appSecret: 'z', secrets: ['a'], SDP: 'v=0', nested: { token: 't' } };

    expect(redact(value)).toEqual({
      headers: [{ Authorization: '[redacted]', accept: 'y' }],
      appSecret: '[redacted]',
      secrets: '[redacted]',
      SDP: '[redacted]',
      nested: { token: '[redacted]' },
    });
  });

  test('replaces secrets within texts and errors', () => {
    const sdp = 'a=ice-ufrag:abc\r\na=ice-pwd:def\r\na=fingerprint:sha-256 AA:BB\r\na=mid:0';

    expect(redact(sdp)).toBe('a=ice-ufrag:abc\r\na=ice-pwd:[redacted]\r\na=fingerprint:[redacted]\r\na=mid:0');
    expect(redact('with cws_AbcdEfgh-123 and cwa_AbcdEfgh_456, cwp_AbcdEfgh, cwi_AbcdEfgh or cwsetup_AbcdEfgh, not cws_short')).toBe(
      'with [redacted] and [redacted], [redacted], [redacted] or [redacted], not cws_short',
    );
    expect(
      redact('connect to redis+sentinel://user:pass%40word@h1:1,h2:2/m?sentinelPassword=x or postgres://:p@h/d and http://h:80/@x'),
    ).toBe(
      'connect to redis+sentinel://user:[redacted]@h1:1,h2:2/m?sentinelPassword=[redacted] or postgres://:[redacted]@h/d and http://h:80/@x',
    );
    expect(redact('whsec_C2FtcGxlIHNlY3JldA== and -----BEGIN PRIVATE KEY-----\nMC4\n-----END PRIVATE KEY----- end')).toBe(
      '[redacted] and [redacted] end',
    );
    expect(redact(new Error('sent Bearer abc.def'))).toMatchObject({ name: 'Error', message: 'sent Bearer [redacted]' });
  });

  test('knows every kind of secret that a node handles, within a text and as a field', () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const dtlsKey = privateKey.export({ format: 'pem', type: 'sec1' }).toString();
    const texts = [
      'cws_canary-0123456789',
      'cwa_canary-0123456789',
      'whsec_canary0123456789==',
      'whsk_canary0123456789==',
      'https://sfu.example/#/set-up/cwsetup_canary-0123456789',
      'https://sfu.example/callback?code=canary-code&state=canary-state',
      'grant_type=authorization_code&client_secret=canary-oidc&code_verifier=canary-verifier&id_token=canary-id',
      'postgres://causeway:canary-books@10.0.0.6/causeway',
      'otpauth://totp/canary?secret=canary',
    ];
    const fields = [
      'oidcClientSecret',
      'client_secret',
      'clusterKey',
      'tokenKey',
      'privateKey',
      'setUpToken',
      'code_verifier',
      'accessToken',
    ];

    const redacted = JSON.stringify(redact({ texts, dtlsKey, ...Object.fromEntries(fields.map((field) => [field, `canary ${field}`])) }));

    expect(redacted).not.toContain('canary');
    expect(redacted).not.toContain(dtlsKey.split('\n')[1]);
    expect(redacted).toContain('grant_type=authorization_code');
  });

  test('ends on circular data', () => {
    const circular: Record<string, unknown> = {};
    circular.self = circular;

    expect(JSON.stringify(redact(circular))).toContain('[too deep]');
  });
});
