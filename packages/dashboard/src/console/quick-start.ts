/** The Quick Start of the API reference, with the values of this node filled in. */
export interface QuickStartValues {
  /** Origin of the node: `https://sfu.example`, without a trailing slash. */
  readonly host: string;
  readonly appId: string;
  readonly secret: string;
  /** `stun:<host>:<port>` */
  readonly stunUrl: string;
}

/** This is the text of the reference. Names in angle brackets are replaced by values. */
const PROGRAM = `(async () => {
  const host = <host>;
  const sfuAppId = <appId>;
  const secret = <secret>;

  // PUBLISHER (User A): create peerConnection, get webcam, create session
  const pcA = new RTCPeerConnection({
    iceServers: [{ urls: <stunUrl> }]
  });

  const stream = await navigator.mediaDevices.getUserMedia({ video: true });
  stream.getTracks().forEach(track => pcA.addTrack(track, stream));

  const offerA = await pcA.createOffer();
  await pcA.setLocalDescription(offerA);

  const resA = await fetch(\`\${host}/api/sfu/\${sfuAppId}/session/new\`, {
    method: 'POST',
    headers: {
      'Content-Type': 'application/json',
      'Authorization': \`Bearer \${secret}\`
    },
    body: JSON.stringify({ sessionDescription: offerA })
  });
  const jsonA = await resA.json();
  const sessionIdA = jsonA.sessionId;
  await pcA.setRemoteDescription(jsonA.sessionDescription);

  // Wait for connection
  await new Promise(r => {
    pcA.oniceconnectionstatechange = () => {
      if (pcA.iceConnectionState === 'connected') r();
    };
  });

  // SUBSCRIBER (User B): create peerConnection, create session
  const pcB = new RTCPeerConnection({
    iceServers: [{ urls: <stunUrl> }]
  });
  pcB.addTransceiver('video');
  pcB.ontrack = (e) => {
    const video = document.createElement('video');
    video.srcObject = new MediaStream([e.track]);
    video.autoplay = true;
    document.body.appendChild(video);
  };

  const offerB = await pcB.createOffer();
  await pcB.setLocalDescription(offerB);

  const resB = await fetch(\`\${host}/api/sfu/\${sfuAppId}/session/new\`, {
    method: 'POST',
    headers: {
      'Content-Type': 'application/json',
      'Authorization': \`Bearer \${secret}\`
    },
    body: JSON.stringify({ sessionDescription: offerB })
  });
  const jsonB = await resB.json();
  const sessionIdB = jsonB.sessionId;
  await pcB.setRemoteDescription(jsonB.sessionDescription);

  // Fetch tracks from User A, then subscribe
  const tracksRes = await fetch(\`\${host}/api/sfu/\${sfuAppId}/session/\${sessionIdA}/tracks\`, {
    headers: {
      'Content-Type': 'application/json',
      'Authorization': \`Bearer \${secret}\`
    }
  });
  const tracks = await tracksRes.json();
  const trackId = tracks[0].trackId;

  const subRes = await fetch(\`\${host}/api/sfu/\${sfuAppId}/session/\${sessionIdB}/track/subscribe\`, {
    method: 'POST',
    headers: {
      'Content-Type': 'application/json',
      'Authorization': \`Bearer \${secret}\`
    },
    body: JSON.stringify({
      tracks: [{
        remoteSessionId: sessionIdA,
        remoteTrackId: trackId
      }]
    })
  });
  const subJson = await subRes.json();

  // Renegotiate to complete subscription
  await pcB.setRemoteDescription(new RTCSessionDescription(subJson.sessionDescription));
  const answer = await pcB.createAnswer();
  await pcB.setLocalDescription(answer);

  await fetch(\`\${host}/api/sfu/\${sfuAppId}/session/\${sessionIdB}/renegotiate\`, {
    method: 'PUT',
    headers: {
      'Content-Type': 'application/json',
      'Authorization': \`Bearer \${secret}\`
    },
    body: JSON.stringify({ sessionDescription: answer })
  });
  // pcB.ontrack fires with User A's video
})();
`;

/**
 * Program text that runs as it is in the console of a browser.
 *
 * Values are written as JavaScript strings, so nothing in them can end the literal.
 */
export function quickStart(values: QuickStartValues): string {
  return PROGRAM.replace(/<(host|appId|secret|stunUrl)>/g, (_place, name: keyof QuickStartValues) => JSON.stringify(values[name]));
}
