/** The controls of pages in the console's own style. Their behaviour is that of React Aria. */
import { lazy, type ReactNode, Suspense, useState } from 'react';
import { Button as AriaButton, type ButtonProps as AriaButtonProps } from 'react-aria-components/Button';
import { FieldError } from 'react-aria-components/FieldError';
import { Input } from 'react-aria-components/Input';
import { Label } from 'react-aria-components/Label';
import { Text } from 'react-aria-components/Text';
import { TextField as AriaTextField, type TextFieldProps as AriaTextFieldProps } from 'react-aria-components/TextField';
import { errorText } from '../console/error-text.ts';
import { codeOf } from '../service/admin-api.ts';

interface ButtonProps extends Omit<AriaButtonProps, 'className'> {
  readonly look?: 'plain' | 'primary' | 'danger';
}

/** A button for an action on this page. For navigation, use a link. */
export function Button({ look = 'plain', ...props }: ButtonProps) {
  return <AriaButton className={`button ${look}`} {...props} />;
}

interface TextFieldProps extends Omit<AriaTextFieldProps, 'className' | 'children'> {
  readonly label: string;
  readonly remark?: string;
}

/**
 * A labelled line of text. An error replaces the remark, because a field that changed its height on blur would move the button away from
 * the pointer that is pressing it.
 */
export function TextField({ label, remark, ...props }: TextFieldProps) {
  return (
    <AriaTextField className="field" {...props}>
      <Label>{label}</Label>
      <Input spellCheck={false} />
      {remark !== undefined && (
        <Text slot="description" className="remark">
          {remark}
        </Text>
      )}
      <FieldError className="field-error">
        {({ validationDetails, validationErrors }) => (validationDetails.tooShort && remark) || validationErrors[0]}
      </FieldError>
    </AriaTextField>
  );
}

interface ChoiceProps<Value extends string> {
  readonly label: string;
  readonly isLabelHidden?: boolean;
  readonly value: Value;
  readonly options: readonly Value[];
  readonly onChange: (value: Value) => void;
  readonly isDisabled?: boolean;
}

/** A choice of one of a few words. The browser's own list works best on phones and with screen readers. */
export function Choice<Value extends string>({
  label,
  isLabelHidden = false,
  value,
  options,
  onChange,
  isDisabled = false,
}: ChoiceProps<Value>) {
  return (
    <label className="field">
      <span className={isLabelHidden ? 'sr-only' : 'field-label'}>{label}</span>
      <select value={value} disabled={isDisabled} onChange={(event) => onChange(event.target.value as Value)}>
        {options.map((option) => (
          <option key={option}>{option}</option>
        ))}
      </select>
    </label>
  );
}

/** Shows why something failed; renders nothing without an error. */
export function Failure({ error }: { readonly error: unknown }) {
  if (error === null || error === undefined) return null;
  return (
    <p className="failure" role="alert">
      {failureText(error)}
    </p>
  );
}

/** Returns the node's own text for a refusal, which is written for people and more precise than a text for each code. */
export function failureText(error: unknown): string {
  const { title, detail } = errorText(error);
  const code = codeOf(error);
  if (code === undefined || code === 'network_failure') return title;
  const words = detail.replace(/^\w+(?: \(\w+\))?: /, '').replace(/ · request .*$/, '');
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}${/[.!?]$/.test(words) ? '' : '.'}`;
}

interface DialogButtonProps {
  /** The label of the button. */
  readonly label: string;
  readonly look?: ButtonProps['look'];
  /** Names the object for screen readers if several buttons of a page have the same label. */
  readonly of?: string;
  readonly title: string;
  readonly children: (close: () => void) => ReactNode;
}

/** Most visits open no dialog, and the code for it is a third of React Aria's. */
const OpenDialog = lazy(async () => ({ default: (await import('./OpenDialog.tsx')).OpenDialog }));

/** A button that opens a dialog. */
export function DialogButton({ label, look = 'plain', of, title, children }: DialogButtonProps) {
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <Button
        look={look}
        aria-expanded={isOpen}
        onPress={() => setOpen(true)}
        {...(of === undefined ? {} : { 'aria-label': `${label} ${of}` })}
      >
        {label}
      </Button>
      {isOpen && (
        <Suspense fallback={null}>
          <OpenDialog title={title} onClose={() => setOpen(false)}>
            {children}
          </OpenDialog>
        </Suspense>
      )}
    </>
  );
}

interface ConfirmButtonProps extends Omit<DialogButtonProps, 'children'> {
  readonly explanation: string;
  readonly onConfirm: () => Promise<unknown>;
}

/** A button for an action that cannot be undone, which asks for confirmation. */
export function ConfirmButton({ explanation, onConfirm, ...dialog }: ConfirmButtonProps) {
  return (
    <DialogButton {...dialog}>
      {(close) => <Confirmation label={dialog.label} explanation={explanation} onConfirm={onConfirm} close={close} />}
    </DialogButton>
  );
}

function Confirmation({
  label,
  explanation,
  onConfirm,
  close,
}: Pick<ConfirmButtonProps, 'label' | 'explanation' | 'onConfirm'> & { readonly close: () => void }) {
  const [error, setError] = useState<unknown>();
  const [isBusy, setBusy] = useState(false);
  const confirm = () => {
    setBusy(true);
    onConfirm().then(close, (failure: unknown) => {
      setBusy(false);
      setError(failure);
    });
  };
  return (
    <>
      <p>{explanation}</p>
      <Failure error={error} />
      <div className="actions">
        <Button autoFocus onPress={close}>
          Cancel
        </Button>
        <Button look="danger" isDisabled={isBusy} onPress={confirm}>
          {label}
        </Button>
      </div>
    </>
  );
}

/** Shows a page's data once it has loaded, and a placeholder or the error before that. */
export function Loaded<Data>({
  query,
  children,
}: {
  readonly query: { readonly data: Data | undefined; readonly error: unknown };
  readonly children: (data: Data) => ReactNode;
}) {
  if (query.data !== undefined) return children(query.data);
  return query.error ? <Failure error={query.error} /> : <p className="hint">Loading…</p>;
}

/** Shows a time in the reader's time zone. */
export function Time({ at }: { readonly at: string }) {
  return <time dateTime={at}>{new Date(at).toLocaleString()}</time>;
}

/** A box for a table that can be scrolled, also by keyboard, if it is wider than the window. */
export function TableBox({ label, children }: { readonly label: string; readonly children: ReactNode }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
    <section className="table-box" aria-label={label} tabIndex={0}>
      {children}
    </section>
  );
}
