import type { KeystreamSupply } from '../../src/srtp/keystream-window.ts';
import { OutboundSrtp } from '../../src/srtp/outbound-srtp.ts';

test('65,536 SSRCs may be sent to one peer; one more is never keyed', () => {
  // Without keys no keystream is asked for.
  const outbound = new OutboundSrtp({} as KeystreamSupply, 'client');
  for (let ssrc = 0; ssrc < 65_536; ssrc++) outbound.open(ssrc);

  const surplus = outbound.open(65_536);

  expect(outbound.size).toBe(65_536);
  expect(surplus.cipher).toBeUndefined();
  expect(outbound.open(7)).toBe(outbound.open(7));
});
