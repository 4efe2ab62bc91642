import { mediaPortOf } from '../../src/session/sdp-exchange.ts';

test('the port is that of the first UDP candidate', () => {
  const sdp = [
    'v=0',
    'm=audio 9 UDP/TLS/RTP/SAVPF 111',
    'a=candidate:1 1 tcp 2105458943 127.0.0.1 9 typ host tcptype passive',
    'a=candidate:2 1 UDP 2130706431 fe80::1 8081 typ host',
    'a=candidate:3 1 udp 2130706431 127.0.0.1 8082 typ host',
  ].join('\r\n');

  expect(mediaPortOf(sdp)).toBe(8081);
});

test('without a UDP candidate there is no port', () => {
  expect(mediaPortOf('v=0\r\na=candidate:1 1 tcp 1 127.0.0.1 9 typ host\r\n')).toBeUndefined();
});
