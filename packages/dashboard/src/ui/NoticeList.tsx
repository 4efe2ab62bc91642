import { useConsole, useStore } from './console-context.ts';
import { Icon } from './Icon.tsx';

/** Failures that have not been dismissed, laid over a corner so that nothing moves when one comes. */
export function NoticeList() {
  const { notices } = useConsole();
  const list = useStore(notices.list);
  return (
    <div role="status">
      <ul className="notices">
        {list.map(({ id, title, detail }) => (
          <li key={id} className="notice">
            <div>
              <strong>{title}</strong>
              {detail !== '' && <span className="detail">{detail}</span>}
            </div>
            <button type="button" className="icon-button" onClick={() => notices.dismiss(id)}>
              <Icon name="close" />
              <span className="sr-only">Dismiss: {title}</span>
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}
