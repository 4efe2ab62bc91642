import { createContext, useContext } from 'react';
import type { ConsoleServices } from './console-services.ts';

export const ServicesContext = createContext<ConsoleServices | undefined>(undefined);

/** What the pages work with. */
export function useServices(): ConsoleServices {
  const services = useContext(ServicesContext);
  if (services === undefined) throw new Error('useServices() outside of a ServicesContext.');
  return services;
}
