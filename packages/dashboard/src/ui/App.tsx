import type { Credentials } from '../console/credentials.ts';
import { ConnectForm } from './ConnectForm.tsx';
import { ConsolePage } from './ConsolePage.tsx';
import { useConsole } from './console-context.ts';
import { useStore } from './use-store.ts';

export function App({ prefilled }: { readonly prefilled: Partial<Credentials> }) {
  const { link } = useConsole();
  const linkState = useStore(link.state);
  if (linkState.phase === 'signed-out') return <ConnectForm prefilled={prefilled} failure={linkState.failure} isBusy={false} />;
  if (linkState.phase === 'signing-in') return <ConnectForm prefilled={prefilled} failure={undefined} isBusy />;
  return <ConsolePage linkState={linkState} />;
}
