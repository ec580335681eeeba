/**
 * What pages may not do: the window shows this program's own page and nothing else, with no more rights than it needs, and
 * whatever got into it by mistake could go nowhere and fetch nothing.
 */
import { session, type WebContents, type WebFrameMain } from 'electron';
import { openExternalLink } from './external-links.ts';
import { engineAddress, pageOrigin } from './scheme.ts';

/** Copying a picture, or a list, that the user asked for. */
const allowedPermissions: ReadonlySet<string> = new Set(['clipboard-sanitized-write']);
/** Of requests that leave the page; everything else is refused before it is sent. */
const ownSchemes: ReadonlySet<string> = new Set(['morphogen:', 'blob:', 'data:', 'devtools:']);

/** Whether an address is one of this program's page. */
export function isOwnAddress(address: string): boolean {
  return URL.canParse(address) && address.startsWith(`${pageOrigin}/`);
}

/** Whether it is one of the page that people see: the other one gets no rights at all. */
function isWindowAddress(address: string): boolean {
  return isOwnAddress(address) && new URL(address).pathname !== new URL(engineAddress).pathname;
}

/** Whether a message comes from the window's own page, and not from a frame in it or what was there before. */
export function isOwnPage(frame: WebFrameMain | null): boolean {
  return frame !== null && frame.parent === null && isWindowAddress(frame.url);
}

/** To be called once Electron is ready. */
export function guardSession(own = session.defaultSession): void {
  own.setPermissionRequestHandler((_, permission, decide, { requestingUrl, isMainFrame }) =>
    decide(isMainFrame && isWindowAddress(requestingUrl) && allowedPermissions.has(permission)),
  );
  own.setPermissionCheckHandler(
    (contents, permission, requestingOrigin) =>
      (contents === null || isWindowAddress(contents.getURL())) &&
      isOwnAddress(`${requestingOrigin.replace(/\/$/, '')}/`) &&
      allowedPermissions.has(permission),
  );
  own.setDevicePermissionHandler(() => false);
  own.webRequest.onBeforeRequest(({ url }, answer) =>
    answer({ cancel: !URL.canParse(url) || !ownSchemes.has(new URL(url).protocol) }),
  );
}

/** To be called for every page that comes into being. */
export function guardContents(contents: WebContents): void {
  contents.on('will-frame-navigate', (event) => {
    if (!isOwnAddress(event.url)) event.preventDefault();
  });
  contents.on('will-redirect', (event) => {
    if (!isOwnAddress(event.url)) event.preventDefault();
  });
  contents.on('will-attach-webview', (event) => event.preventDefault());
  contents.setWindowOpenHandler(({ url }) => {
    openExternalLink(url);
    return { action: 'deny' };
  });
}
