/** A passkey in software: what a browser and its authenticator make of a challenge (WebAuthn Level 3, §6 and §7). */
import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';

const USER_PRESENT = 0x01;
const USER_VERIFIED = 0x04;
const HAS_CREDENTIAL = 0x40;

/** What may be other than a well-behaved browser at the site would have it. */
export interface PasskeyUse {
  readonly challenge: string;
  readonly origin: string;
  readonly rpId: string;
  /** Default: the authenticator has asked for a finger. */
  readonly isVerified?: boolean;
  /** Default: 0, as of authenticators that do not count. */
  readonly counter?: number;
}

export class SoftPasskey {
  readonly id = randomBytes(16).toString('base64url');
  readonly #privateKey: KeyObject;
  readonly #cosePublicKey: Buffer;

  constructor() {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const { x = '', y = '' } = publicKey.export({ format: 'jwk' });
    this.#privateKey = privateKey;
    // CBOR of {1: EC2, 3: ES256, -1: P-256, -2: x, -3: y} (RFC 9053 §7.1.1).
    const [head, middle] = [Buffer.from('a5010203262001215820', 'hex'), Buffer.from('225820', 'hex')];
    this.#cosePublicKey = Buffer.concat([head, Buffer.from(x, 'base64url'), middle, Buffer.from(y, 'base64url')]);
  }

  register(use: PasskeyUse): object {
    const rawId = Buffer.from(this.id, 'base64url');
    const size = Buffer.alloc(2);
    size.writeUInt16BE(rawId.length);
    const authData = Buffer.concat([authenticatorData(use, HAS_CREDENTIAL), Buffer.alloc(16), size, rawId, this.#cosePublicKey]);
    const dataSize = Buffer.alloc(2);
    dataSize.writeUInt16BE(authData.length);
    // CBOR of {fmt: 'none', attStmt: {}, authData}.
    const head = Buffer.from(`a363${hex('fmt')}64${hex('none')}67${hex('attStmt')}a068${hex('authData')}59`, 'hex');
    const attestationObject = Buffer.concat([head, dataSize, authData]).toString('base64url');
    return this.#credential({
      clientDataJSON: clientData('webauthn.create', use).toString('base64url'),
      attestationObject,
      transports: ['internal'],
    });
  }

  signIn(use: PasskeyUse): object {
    const authData = authenticatorData(use, 0);
    const client = clientData('webauthn.get', use);
    const signature = sign('sha256', Buffer.concat([authData, sha256(client)]), this.#privateKey);
    return this.#credential({
      clientDataJSON: client.toString('base64url'),
      authenticatorData: authData.toString('base64url'),
      signature: signature.toString('base64url'),
    });
  }

  #credential(response: object): object {
    return { id: this.id, rawId: this.id, type: 'public-key', clientExtensionResults: {}, response };
  }
}

function authenticatorData({ rpId, isVerified = true, counter = 0 }: PasskeyUse, flags: number): Buffer {
  const count = Buffer.alloc(4);
  count.writeUInt32BE(counter);
  return Buffer.concat([sha256(Buffer.from(rpId)), Buffer.of(USER_PRESENT | (isVerified ? USER_VERIFIED : 0) | flags), count]);
}

function clientData(type: string, { challenge, origin }: PasskeyUse): Buffer {
  return Buffer.from(JSON.stringify({ type, challenge, origin, crossOrigin: false }));
}

function sha256(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}

function hex(text: string): string {
  return Buffer.from(text).toString('hex');
}
