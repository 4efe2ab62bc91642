// A page that shares its pointer and a text. There is no SDK: an RTCPeerConnection, and two calls
// to its own server.
const text = document.getElementById('text');
const state = document.getElementById('state');
const followed = new Set();

const connection = new RTCPeerConnection();
connection.onconnectionstatechange = () => {
  state.value = connection.connectionState;
};

// Where the pointer is now matters, where it was does not: nothing is sent twice, nothing waits for
// what was lost.
const pointer = connection.createDataChannel('pointer', { ordered: false, maxRetransmits: 0 });
let isScheduled = false;
addEventListener('pointermove', ({ clientX, clientY }) => {
  if (isScheduled || pointer.readyState !== 'open') return;
  isScheduled = true;
  requestAnimationFrame(() => {
    isScheduled = false;
    pointer.send(JSON.stringify({ x: clientX / innerWidth, y: clientY / innerHeight }));
  });
});

connection.ondatachannel = ({ channel }) => {
  if (channel.label === 'people') channel.onmessage = ({ data }) => follow(JSON.parse(data));
  else if (channel.label === 'text') shareText(channel);
  else drawPointer(channel);
};

/** A list of sessions, as the server sends it whenever someone comes or goes. */
async function follow(sessionIds) {
  for (const remoteSessionId of sessionIds) {
    if (remoteSessionId === sessionId || followed.has(remoteSessionId)) continue;
    followed.add(remoteSessionId);
    await call('/follow', { sessionId, remoteSessionId }).catch(() => followed.delete(remoteSessionId));
  }
}

/**
 * The whole text with every change: fine for a page of it, and the latest is right whichever page wrote
 * it.
 */
function shareText(channel) {
  channel.onmessage = ({ data }) => {
    text.value = data;
  };
  text.oninput = () => channel.send(text.value);
}

function drawPointer(channel) {
  const remoteSessionId = channel.protocol.replace('sfu;', '');
  const dot = document.createElement('div');
  dot.className = 'pointer';
  dot.dataset.session = remoteSessionId;
  dot.style.background = `hsl(${parseInt(remoteSessionId.slice(-6), 16) % 360} 80% 50%)`;
  channel.onmessage = ({ data }) => {
    const { x, y } = JSON.parse(data);
    dot.style.left = `${x * 100}%`;
    dot.style.top = `${y * 100}%`;
    document.body.append(dot);
  };
  channel.onclose = () => {
    followed.delete(remoteSessionId);
    dot.remove();
  };
}

async function call(path, body) {
  const response = await fetch(path, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });
  const reply = await response.json();
  if (!response.ok) throw new Error(reply.errorDescription);
  return reply;
}

await connection.setLocalDescription();
const { sessionId, sessionDescription } = await call('/join', { sessionDescription: connection.localDescription });
await connection.setRemoteDescription(sessionDescription);
