import { Link, useNavigate } from '@tanstack/react-router';
import { useEffect, useRef, useState } from 'react';
import { comeBack } from '../service/provider-visit.ts';
import { useServices } from '../service/services-context.ts';
import { Failure } from '../shell/controls.tsx';
import { Mark } from '../ui/Icon.tsx';

/** Where the OpenID provider sends people back. @param query that it has added to the address */
export function ProviderPage({ query }: { readonly query: string }) {
  const services = useServices();
  const navigate = useNavigate();
  const [error, setError] = useState<unknown>();
  const hasBegun = useRef(false);
  useEffect(() => {
    // What the provider has given is good once.
    if (hasBegun.current) return;
    hasBegun.current = true;
    const enter = async () => {
      const me = await comeBack(services.admin, query);
      services.forget();
      services.queries.setQueryData(['me'], me);
      await navigate({ to: '/' });
    };
    enter().catch(setError);
  }, [services, navigate, query]);
  return (
    <main className="enter">
      <h1>
        <Mark />
        Causeway
      </h1>
      {error === undefined ? <p role="status">Signing in…</p> : <Failure error={error} />}
      {error !== undefined && <Link to="/sign-in">Sign in</Link>}
    </main>
  );
}
