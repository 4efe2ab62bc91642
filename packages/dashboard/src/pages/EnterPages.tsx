/** The pages for creating the first account, signing in, and accepting an invitation. */
import type { WhoAmIReply } from '@causeway/protocol';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { type FormEvent, type ReactNode, useEffect, useRef, useState } from 'react';
import { codeOf } from '../service/admin-api.ts';
import { useServices } from '../service/console-services.ts';
import { callbackPage, comeBack, leaveFor } from '../service/provider-visit.ts';
import { signInWaysQuery } from '../service/use-console-data.ts';
import { Button, Failure, Loaded, TextField } from '../shell/controls.tsx';
import { Mark } from '../ui/Icon.tsx';

/** The node checks the same length (`MIN_PASSWORD_LENGTH`), and its answer decides. */
const PASSWORD_REMARK = 'At least 15 characters. A few words will do.';

interface EnterFormProps {
  readonly title: string;
  readonly lead: string;
  readonly action: string;
  readonly children: ReactNode;
  readonly foot?: ReactNode;
  readonly onSubmit: (fields: Readonly<Record<string, string>>) => Promise<WhoAmIReply>;
  /** Other ways to sign in than the fields. */
  readonly others?: readonly { readonly label: string; readonly enter: () => Promise<WhoAmIReply> }[];
}

/** A form that leads into the console. */
function EnterForm({ title, lead, action, children, foot, onSubmit, others = [] }: EnterFormProps) {
  const services = useServices();
  const navigate = useNavigate();
  const [error, setError] = useState<unknown>();
  const [isBusy, setBusy] = useState(false);
  const [needsCode, setNeedsCode] = useState(false);

  const enter = async (way: () => Promise<WhoAmIReply>) => {
    setBusy(true);
    setError(undefined);
    try {
      const me = await way();
      services.forget();
      services.queries.setQueryData(['me'], me);
      await navigate({ to: '/' });
    } catch (failure) {
      // The first time, this is not a failure, because the password was right.
      if (codeOf(failure) === 'code_required') setNeedsCode(true);
      else setError(failure);
    }
    setBusy(false);
  };

  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const fields = Object.fromEntries([...new FormData(event.currentTarget)].map(([name, value]) => [name, String(value)]));
    void enter(() => onSubmit(fields));
  };

  return (
    <main className="enter">
      <form onSubmit={submit}>
        <h1>
          <Mark />
          {title}
        </h1>
        <p className="lead">{lead}</p>
        {children}
        {needsCode && (
          <TextField
            label="Code"
            name="code"
            autoComplete="one-time-code"
            isRequired
            autoFocus
            remark="From your authenticator, or a recovery code"
          />
        )}
        <Button type="submit" look="primary" isDisabled={isBusy}>
          {action}
        </Button>
        {others.map(({ label, enter: way }) => (
          <Button key={label} isDisabled={isBusy} onPress={() => void enter(way)}>
            {label}
          </Button>
        ))}
        <Failure error={error} />
      </form>
      {foot !== undefined && <p className="foot">{foot}</p>}
    </main>
  );
}

/** Signing in with the operator's OpenID provider, if there is one. @param verb what the button does */
function useProvider(verb: string, invitationToken?: string) {
  const services = useServices();
  const { data } = useQuery(signInWaysQuery(services));
  if (data?.oidc === undefined) return [];
  const enter = async () => leaveFor(await services.admin.offerOidcSignIn(callbackPage(services.baseUrl), invitationToken));
  return [{ label: `${verb} with ${data.oidc.name}`, enter }];
}

export function SignInPage() {
  const { admin } = useServices();
  const provider = useProvider('Sign in');
  return (
    <EnterForm
      title="Causeway"
      lead={`Sign in to ${window.location.host}`}
      action="Sign in"
      others={[
        ...provider,
        { label: 'Sign in with a passkey', enter: async () => (await import('../service/use-passkey.ts')).signInByPasskey(admin) },
      ]}
      onSubmit={({ email = '', password = '', code }) => admin.signIn({ email, password, ...(code === undefined ? {} : { code }) })}
      foot={
        <>
          No account? Ask a colleague for an invitation. On a new node, open the link that it prints to create the first account. With an
          app ID and a secret, you can <Link to="/bench">open the bench</Link>.
        </>
      }
    >
      <TextField label="Email" name="email" type="email" autoComplete="username" isRequired autoFocus />
      <TextField label="Password" name="password" type="password" autoComplete="current-password" isRequired />
    </EnterForm>
  );
}

/** @param token the token in the link that the node has printed */
export function SetUpPage({ token }: { readonly token: string }) {
  const { admin } = useServices();
  return (
    <EnterForm
      title="Set up Causeway"
      lead="Create your organisation and your account as its owner."
      action="Create account"
      onSubmit={({ organisation = '', email = '', name = '', password = '' }) =>
        admin.signUp({ setUpToken: token, organisation, email, name, password })
      }
      foot="This link works once. Until an account exists, the node prints a new link each time it starts."
    >
      <TextField label="Organisation" name="organisation" autoComplete="organization" isRequired autoFocus maxLength={128} />
      <TextField label="Your name" name="name" autoComplete="name" isRequired maxLength={128} />
      <TextField label="Email" name="email" type="email" autoComplete="username" isRequired />
      <TextField
        label="Password"
        name="password"
        type="password"
        autoComplete="new-password"
        isRequired
        minLength={15}
        remark={PASSWORD_REMARK}
      />
    </EnterForm>
  );
}

/** @param token the token in the link that a member has passed on */
export function InvitationPage({ token }: { readonly token: string }) {
  const { admin } = useServices();
  const provider = useProvider('Join', token);
  const query = useQuery({ queryKey: ['invitation', token], queryFn: () => admin.readInvitation(token) });
  if (codeOf(query.error) !== undefined) {
    return (
      <main className="enter">
        <h1>Invitation</h1>
        <Failure error={query.error} />
        <Link to="/sign-in">Sign in</Link>
      </main>
    );
  }
  return (
    <Loaded query={query}>
      {({ organisation, email, role, isKnown }) => (
        <EnterForm
          title={`Join ${organisation}`}
          lead={`You have been invited as ${email}, with the role “${role}”.`}
          action="Join"
          others={provider}
          onSubmit={({ name, password = '', code }) =>
            admin.acceptInvitation({
              invitationToken: token,
              password,
              ...(name === undefined ? {} : { name }),
              ...(code === undefined ? {} : { code }),
            })
          }
        >
          {!isKnown && <TextField label="Your name" name="name" autoComplete="name" isRequired autoFocus maxLength={128} />}
          <TextField
            label="Password"
            name="password"
            type="password"
            autoComplete={isKnown ? 'current-password' : 'new-password'}
            isRequired
            remark={isKnown ? 'You already have an account. Enter its password.' : PASSWORD_REMARK}
          />
        </EnterForm>
      )}
    </Loaded>
  );
}

/** The page to which the OpenID provider sends people back. @param query the query that it has added to the address */
export function ProviderPage({ query }: { readonly query: string }) {
  const services = useServices();
  const navigate = useNavigate();
  const [error, setError] = useState<unknown>();
  const hasBegun = useRef(false);
  useEffect(() => {
    // The provider's reply is valid only once.
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
