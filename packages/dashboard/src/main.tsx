/** Starts the page: gives the console its browser, and React the console. */
import { createSfuApi, systemClock } from '@causeway/client';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { createConsole } from './console/console.ts';
import { openConsoleSession } from './console/console-session.ts';
import { forgetCredentials, parseFragment, storeCredentials, storedCredentials } from './console/credentials.ts';
import type { PublishChoice } from './console/publishing.ts';
import { SIMULCAST_LAYERS } from './sources/local-source.ts';
import { openCamera } from './sources/open-camera.ts';
import { openTestSource } from './sources/open-test-source.ts';
import { shortId } from './stats/readout.ts';
import './styles/index.css';
import { App } from './ui/App.tsx';
import { ConsoleContext } from './ui/console-context.ts';

const prefilled = { ...storedCredentials(sessionStorage), ...takeFragment() };

const mediaConsole = createConsole({
  clock: systemClock,
  // The console may be below a path of a proxy.
  createApi: ({ appId, secret }) => createSfuApi({ url: new URL('.', document.baseURI).href, appId, credential: secret }),
  openSession: (api, { displayName }, onStateChange) =>
    openConsoleSession(new RTCPeerConnection({ bundlePolicy: 'max-bundle' }), { api, metadata: displayName, onStateChange }),
  rememberCredentials: (credentials) =>
    credentials === undefined ? forgetCredentials(sessionStorage) : storeCredentials(sessionStorage, credentials),
  openSource: async (choice: PublishChoice, sessionId: string) =>
    choice.source === 'camera' ? openCamera(choice.size) : openTestSource(choice.size, shortId(sessionId)),
  layersOf: ({ isSimulcast }) => (isSimulcast ? SIMULCAST_LAYERS : []),
  labelOf: shortId,
});

document.addEventListener('visibilitychange', () => mediaConsole.setVisible(document.visibilityState === 'visible'));
// A closed tab would otherwise stay listed until the node misses its connectivity checks.
window.addEventListener('pagehide', () => void mediaConsole.link.session()?.leave());
window.addEventListener('pageshow', ({ persisted }) => {
  if (persisted) window.location.reload();
});

const root = document.getElementById('console');
if (root === null) throw new Error('index.html has no element #console.');
createRoot(root).render(
  <StrictMode>
    <ConsoleContext value={mediaConsole}>
      <App prefilled={prefilled} />
    </ConsoleContext>
  </StrictMode>,
);

/** Reads credentials from the address and removes them there, so that they end in no bookmark and no screenshot. */
function takeFragment() {
  const credentials = parseFragment(window.location.hash);
  if (window.location.hash !== '') window.history.replaceState(null, '', window.location.pathname + window.location.search);
  return credentials;
}
