/** `session`: what pages may do. Chromium asks nobody here, so every answer is given to it beforehand. */
import { EventEmitter } from 'node:events';
import type Electron from 'electron';
import { app } from './app.ts';
import type { Like } from './like-electron.ts';
import { fromBrowser } from './scheme-server.ts';

type RequestHandler = Parameters<Electron.Session['setPermissionRequestHandler']>[0];
type CheckHandler = Parameters<Electron.Session['setPermissionCheckHandler']>[0];
type DeviceHandler = Parameters<Electron.Session['setDevicePermissionHandler']>[0];
type BeforeRequest = (
  details: Electron.OnBeforeRequestListenerDetails,
  callback: (response: Electron.CallbackResponse) => void,
) => void;

/** Electron's name of a permission, and the browser's. */
const permissions: readonly (readonly [Parameters<NonNullable<CheckHandler>>[1], string])[] = [
  ['geolocation', 'geolocation'],
  ['notifications', 'notifications'],
  ['midi', 'midi'],
  ['clipboard-read', 'clipboard-read'],
  ['clipboard-sanitized-write', 'clipboard-write'],
  ['idle-detection', 'idle-detection'],
];

export class StandInSession
  extends EventEmitter
  implements
    Like<
      Electron.Session,
      'setPermissionRequestHandler' | 'setPermissionCheckHandler' | 'setDevicePermissionHandler'
    >
{
  /** What was set, for tests to ask. */
  requestHandler: RequestHandler = null;
  checkHandler: CheckHandler = null;
  deviceHandler: DeviceHandler = null;
  beforeRequest: BeforeRequest | null = null;

  readonly webRequest = {
    onBeforeRequest: (listener: BeforeRequest | null): void => {
      this.beforeRequest = listener;
    },
  };

  setPermissionRequestHandler(handler: RequestHandler): void {
    this.requestHandler = handler;
  }

  setPermissionCheckHandler(handler: CheckHandler): void {
    this.checkHandler = handler;
  }

  setDevicePermissionHandler(handler: DeviceHandler): void {
    this.deviceHandler = handler;
  }

  /** Tells the browser what a page of this address may do. */
  async settle(browserAddress: string): Promise<void> {
    const origin = new URL(browserAddress).origin;
    const own = fromBrowser(origin);
    const details = { isMainFrame: true, requestingUrl: `${own}/`, securityOrigin: own };
    for (const [name, chromiumName] of permissions) {
      // Without a handler Electron grants everything.
      const isAllowed = this.checkHandler?.(null, name, own, details) ?? true;
      await app.chromium.devTools.browser
        .send('Browser.setPermission', {
          permission: { name: chromiumName },
          setting: isAllowed ? 'granted' : 'denied',
          origin,
        })
        .catch(() => undefined);
    }
  }

  /** Whether the program would let this request through. */
  lets(url: string): Promise<boolean> {
    return new Promise((done) => {
      if (this.beforeRequest === null) done(true);
      else
        this.beforeRequest({ url } as Electron.OnBeforeRequestListenerDetails, ({ cancel }) =>
          done(cancel !== true),
        );
    });
  }
}

export const session = { defaultSession: new StandInSession() };
