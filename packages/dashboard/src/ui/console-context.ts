import { createContext, useContext } from 'react';
import type { Console } from '../console/console.ts';

export const ConsoleContext = createContext<Console | undefined>(undefined);

export function useConsole(): Console {
  const console = useContext(ConsoleContext);
  if (console === undefined) throw new Error('useConsole() outside of a ConsoleContext.');
  return console;
}
