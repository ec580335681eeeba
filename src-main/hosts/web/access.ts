/**
 * Who is let in. A port on loopback is open to every program of this machine and, through the browser, to every page of
 * the world; so a request must name this host (a page that rebinds its name to 127.0.0.1 names another), must not come
 * from another page, and must show the token: once in the address, from then on as a cookie that no script can read.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { isReading } from '#hosts/service/window-routes.ts';

export interface Access {
  readonly port: number;
  readonly token: string;
}

export interface Asked {
  readonly method: string;
  /** As on the request's first line. */
  readonly target: string;
  /** All values of each header. */
  readonly headers: Readonly<Record<string, readonly string[] | undefined>>;
  readonly isUpgrade: boolean;
}

export type Verdict =
  | { readonly kind: 'allowed' }
  /** The right token in the address. `isLinked`: another page had the link. */
  | { readonly kind: 'enter'; readonly isLinked: boolean }
  | { readonly kind: 'refused'; readonly sentence: string };

/** Names of this host, as browsers spell them. */
const hostNames = ['127.0.0.1', 'localhost'];
const howToEnter = 'open the address that `npm start` printed.';

/** To be asked before anything else is done with a request. */
export function judge(asked: Asked, access: Access): Verdict {
  const hosts = hostNames.map((name) => `${name}:${access.port}`);
  const [host, ...moreHosts] = asked.headers.host ?? [];
  if (host === undefined || moreHosts.length > 0 || !hosts.includes(host)) {
    return refused(`Morphogen answers at http://${hosts[0]} only: ${howToEnter}`);
  }

  const mustTellOrigin = asked.isUpgrade || !isReading(asked.method);
  const origins = asked.headers.origin ?? [];
  const isOwnPage = origins.every((origin) => hosts.some((name) => origin === `http://${name}`));
  if (!isOwnPage || (mustTellOrigin && origins.length !== 1)) {
    return refused(`Morphogen listens to no other pages: ${howToEnter}`);
  }

  const site = asked.headers['sec-fetch-site']?.[0];
  const isLinked = site !== undefined && site !== 'same-origin' && site !== 'none';
  const tokens = tokensIn(asked.target);
  if (tokens.length > 0 && isReading(asked.method) && !asked.isUpgrade) {
    if (tokens.length === 1 && isSame(tokens[0], access.token)) return { kind: 'enter', isLinked };
    return refused(`This address is of an earlier start: ${howToEnter}`);
  }
  if (isLinked) return refused(`Morphogen listens to no other pages: ${howToEnter}`);
  const cookies = (asked.headers.cookie ?? []).flatMap((header) => header.split(/; */));
  const prefix = `${cookieName(access.port)}=`;
  const isKnown = cookies.some(
    (cookie) => cookie.startsWith(prefix) && isSame(cookie.slice(prefix.length), access.token),
  );
  return isKnown ? { kind: 'allowed' } : refused(`Morphogen does not know this browser: ${howToEnter}`);
}

/** Browsers share cookies among the ports of a host, so its name has the port. */
export function cookieName(port: number): string {
  return `morphogen-${port}`;
}

function tokensIn(target: string): string[] {
  const query = target.indexOf('?');
  return target.slice(0, query) === '/' ? new URLSearchParams(target.slice(query)).getAll('token') : [];
}

/** Takes the same time whatever is given. */
function isSame(given: string, wanted: string): boolean {
  const [a, b] = [given, wanted].map((text) => createHash('sha256').update(text).digest());
  return timingSafeEqual(a, b);
}

function refused(sentence: string): Verdict {
  return { kind: 'refused', sentence };
}
