import { useRouteContext } from '@tanstack/react-router';
import { BenchPage } from './BenchPage.tsx';

/** The bench with what the address said when the page was loaded. */
export function BenchRoute() {
  const { entry, services } = useRouteContext({ from: '/bench' });
  return <BenchPage baseUrl={services.baseUrl} given={entry.kind === 'bench' ? entry.credentials : {}} />;
}
