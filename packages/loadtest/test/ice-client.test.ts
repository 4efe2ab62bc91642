import { createHmac } from 'node:crypto';
import { parseStun, verifyMessageIntegrity, writeBindingRequest, writeBindingSuccess } from '@causeway/wire';
import { IceClient } from '../src/peer/ice-client.ts';

const local = { ufrag: 'client', password: 'password-of-the-client' };
const remote = { ufrag: 'server', password: 'password-of-the-server' };
const sfuAddress = { address: '127.0.0.1', port: 8081 };
const key = (password: string): Uint8Array => Buffer.from(password);
const hmacSha1 = (secret: Uint8Array, data: Uint8Array): Uint8Array => createHmac('sha1', secret).update(data).digest();

function answerTo(check: Uint8Array, password: string): Uint8Array {
  return writeBindingSuccess({
    transactionId: check.slice(8, 20),
    address: '127.0.0.1',
    port: 5000,
    integrity: { key: key(password), hmacSha1 },
    fingerprint: true,
  });
}

describe('IceClient', () => {
  test('sends a check with the credentials of the SFU that claims the controlling role and nominates', () => {
    const check = parseStun(new IceClient(local, remote).writeCheck());

    expect(check).toMatchObject({ messageClass: 'request', username: 'server:client', useCandidate: true, hasFingerprint: true });
    expect(check?.iceControlling).toBeDefined();
    expect(verifyMessageIntegrity(check!, key(remote.password), hmacSha1)).toBe(true);
  });

  test('is connected when the SFU has answered a check', () => {
    const ice = new IceClient(local, remote);

    expect(ice.handleStun(answerTo(ice.writeCheck(), remote.password), sfuAddress)).toBeUndefined();

    expect(ice.isConnected).toBe(true);
  });

  test('rejects an answer that was signed with another key', () => {
    const ice = new IceClient(local, remote);

    ice.handleStun(answerTo(ice.writeCheck(), 'password-of-a-stranger'), sfuAddress);

    expect(ice.isConnected).toBe(false);
  });

  test('answers the checks of an SFU that is not a lite agent', () => {
    const ice = new IceClient(local, remote);
    const integrity = { key: key(local.password), hmacSha1 };
    const request = writeBindingRequest({
      transactionId: new Uint8Array(12).fill(7),
      username: 'client:server',
      integrity,
      fingerprint: true,
    });

    const answer = parseStun(ice.handleStun(request, sfuAddress)!);

    expect(answer).toMatchObject({ messageClass: 'success', xorMappedAddress: sfuAddress });
    expect(verifyMessageIntegrity(answer!, key(local.password), hmacSha1)).toBe(true);
  });

  test('does not answer a check without its password', () => {
    const request = writeBindingRequest({ transactionId: new Uint8Array(12), username: 'client:server', fingerprint: true });

    expect(new IceClient(local, remote).handleStun(request, sfuAddress)).toBeUndefined();
  });
});
