/** The bench: publish, watch and measure with the app id and secret of one app, or with a token. Loaded when it is opened. */
import { createSfuApi, systemClock } from '@causeway/client';
import { useRouteContext } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { createConsole } from '../console/console.ts';
import { openConsoleSession } from '../console/console-session.ts';
import { type Credentials, forgetCredentials, storeCredentials, storedCredentials } from '../console/credentials.ts';
import type { PublishChoice } from '../console/publishing.ts';
import { SIMULCAST_LAYERS } from '../sources/local-source.ts';
import { openCamera } from '../sources/open-camera.ts';
import { openTestSource } from '../sources/open-test-source.ts';
import { shortId } from '../stats/readout.ts';
import '../styles/bench.css';
import { App } from '../ui/App.tsx';
import { ConsoleContext } from '../ui/console-context.ts';
import { exchangeSecret } from './exchange-secret.ts';

/** The bench with the credentials that were in the address when the page was loaded. */
export function BenchRoute() {
  const { entry, services } = useRouteContext({ from: '/bench' });
  return <BenchPage baseUrl={services.baseUrl} given={entry.kind === 'bench' ? entry.credentials : {}} />;
}

/** @param given credentials from the address */
function BenchPage({ baseUrl, given }: { readonly baseUrl: string; readonly given: Partial<Credentials> }) {
  const [mediaConsole] = useState(() => createMediaConsole(baseUrl));
  const [prefilled] = useState(() => ({ ...storedCredentials(sessionStorage), ...given }));
  useEffect(() => {
    const show = () => mediaConsole.setVisible(document.visibilityState === 'visible');
    // A closed tab would otherwise stay listed until the node misses its connectivity checks.
    const leave = () => void mediaConsole.link.session()?.leave();
    const reload = ({ persisted }: PageTransitionEvent) => {
      if (persisted) window.location.reload();
    };
    document.addEventListener('visibilitychange', show);
    window.addEventListener('pagehide', leave);
    window.addEventListener('pageshow', reload);
    return () => {
      document.removeEventListener('visibilitychange', show);
      window.removeEventListener('pagehide', leave);
      window.removeEventListener('pageshow', reload);
    };
  }, [mediaConsole]);
  return (
    <ConsoleContext value={mediaConsole}>
      <App prefilled={prefilled} />
    </ConsoleContext>
  );
}

function createMediaConsole(baseUrl: string) {
  return createConsole({
    clock: systemClock,
    exchange: (credentials) => exchangeSecret(baseUrl, credentials),
    createApi: ({ appId, secret }) => createSfuApi({ url: baseUrl, appId, credential: secret }),
    openSession: (api, { displayName }, onStateChange) =>
      openConsoleSession(new RTCPeerConnection({ bundlePolicy: 'max-bundle' }), { api, metadata: displayName, onStateChange }),
    rememberCredentials: (credentials) =>
      credentials === undefined ? forgetCredentials(sessionStorage) : storeCredentials(sessionStorage, credentials),
    openSource: async (choice: PublishChoice, sessionId: string) =>
      choice.source === 'camera' ? openCamera(choice.size) : openTestSource(choice.size, shortId(sessionId)),
    layersOf: ({ isSimulcast }) => (isSimulcast ? SIMULCAST_LAYERS : []),
    labelOf: shortId,
  });
}
