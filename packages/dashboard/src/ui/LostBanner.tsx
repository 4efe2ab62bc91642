import { errorText } from '../api/error-text.ts';
import { useConsole } from './console-context.ts';

interface LostBannerProps {
  readonly failure: Error;
  readonly isReopening: boolean;
}

/** Says that the session is over, why, and how to go on. */
export function LostBanner({ failure, isReopening }: LostBannerProps) {
  const { link } = useConsole();
  const { title, detail } = errorText(failure);
  return (
    <div className="lost-banner" role="alert">
      <div>
        <strong>{title}</strong>
        {detail !== '' && <span className="detail">{detail}</span>}
      </div>
      <button type="button" className="button primary" disabled={isReopening} onClick={() => void link.reopen()}>
        {isReopening ? 'Reconnecting…' : 'Reconnect'}
      </button>
    </div>
  );
}
