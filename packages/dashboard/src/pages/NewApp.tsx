import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import { useServices } from '../service/services-context.ts';
import { Button, DialogButton, Failure, TextField } from '../shell/controls.tsx';

/** A button that makes an app, and leads to it. */
export function NewApp({ orgId }: { readonly orgId: string }) {
  return (
    <DialogButton label="New app" look="primary" title="New app">
      {(close) => <NewAppForm orgId={orgId} close={close} />}
    </DialogButton>
  );
}

function NewAppForm({ orgId, close }: { readonly orgId: string; readonly close: () => void }) {
  const { admin } = useServices();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const [error, setError] = useState<unknown>();
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const name = String(new FormData(event.currentTarget).get('name'));
    try {
      const { id } = await admin.createApp(orgId, name);
      await queries.invalidateQueries({ queryKey: ['apps', orgId] });
      close();
      await navigate({ to: '/apps/$appId', params: { appId: id } });
    } catch (failure) {
      setError(failure);
    }
  };
  return (
    <form onSubmit={(event) => void submit(event)}>
      <TextField label="Name" name="name" isRequired autoFocus maxLength={128} remark="For people; the id is made for you" />
      <Failure error={error} />
      <div className="actions">
        <Button onPress={close}>Cancel</Button>
        <Button type="submit" look="primary">
          Create app
        </Button>
      </div>
    </form>
  );
}
