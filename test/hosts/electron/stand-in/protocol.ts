/** `protocol`: schemes of the program's own, which scheme-server.ts brings to the browser. */
import type Electron from 'electron';
import { app } from './app.ts';
import type { Like } from './like-electron.ts';
import { removeSchemeHandler, setSchemeHandler } from './scheme-server.ts';

/** What was registered before the program was ready, for tests to look at. */
export const privilegedSchemes: Electron.CustomScheme[] = [];

export const protocol = {
  registerSchemesAsPrivileged(schemes) {
    if (app.isReady()) throw new Error('protocol.registerSchemesAsPrivileged comes before `ready`');
    privilegedSchemes.push(...schemes);
  },
  handle(scheme, handler) {
    if (!privilegedSchemes.some(({ scheme: known }) => known === scheme))
      throw new Error(`the stand-in serves privileged schemes only, and ${scheme} is none`);
    setSchemeHandler(scheme, handler);
  },
  unhandle: removeSchemeHandler,
} satisfies Like<Electron.Protocol, 'registerSchemesAsPrivileged' | 'handle' | 'unhandle'>;
