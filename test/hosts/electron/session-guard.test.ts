import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { test } from 'node:test';
import fc from 'fast-check';
import './stand-in/hooks.ts';
import { eventWith } from './stand-in/like-electron.ts';
import { StandInSession } from './stand-in/session.ts';
import { openedElsewhere } from './stand-in/shell.ts';

const { guardContents, guardSession, isOwnAddress, isOwnPage } =
  await import('#hosts/electron/session-guard.ts');
const { engineAddress } = await import('#hosts/electron/scheme.ts');
const { openExternalLink } = await import('#hosts/electron/external-links.ts');

const foreign = [
  'https://evil.example/',
  'http://app/',
  'file:///etc/passwd',
  'morphogen://app.evil.example/',
  'morphogen://evil/',
  'morphogen://app@evil/',
  'morphogen:app/',
  'data:text/html,<script>alert(1)</script>',
  'javascript:alert(1)',
  'about:blank',
  '',
];
const own = ['morphogen://app/', 'morphogen://app/index.html#/grow', 'morphogen://app/pictures/00'];

test('only the program’s own page is its own page, and no frame in it', () => {
  for (const address of own) assert.ok(isOwnAddress(address), address);
  for (const address of foreign) assert.ok(!isOwnAddress(address), address);
  const page = { url: own[0], parent: null };
  assert.ok(isOwnPage(page as never));
  assert.ok(!isOwnPage({ url: own[0], parent: page } as never));
  for (const url of foreign) assert.ok(!isOwnPage({ url, parent: null } as never), url);
  assert.ok(!isOwnPage(null));
  assert.ok(isOwnAddress(engineAddress), 'the page that nobody sees is the program’s, too');
  assert.ok(!isOwnPage({ url: engineAddress, parent: null } as never), 'and gets no port');
});

test('every permission is refused but writing to the clipboard, and that to others', () => {
  const session = guarded();
  const ask = (permission: string, requestingUrl: string, isMainFrame = true): boolean => {
    let answer: boolean | undefined;
    const details = { requestingUrl, isMainFrame };
    session.requestHandler?.(null as never, permission as never, (given) => (answer = given), details);
    assert.notEqual(answer, undefined, 'it is always answered');
    return answer!;
  };
  const check = (permission: string, origin: string): boolean =>
    session.checkHandler!(null, permission as never, origin, {} as never);
  const others = ['media', 'geolocation', 'notifications', 'clipboard-read', 'openExternal', 'fileSystem'];
  for (const permission of others) {
    assert.equal(ask(permission, own[0]), false, permission);
    assert.equal(check(permission, 'morphogen://app'), false, permission);
  }
  assert.equal(ask('clipboard-sanitized-write', own[0]), true);
  assert.equal(ask('clipboard-sanitized-write', own[0], false), false, 'a frame');
  for (const url of foreign) assert.equal(ask('clipboard-sanitized-write', url), false, url);
  // Chromium writes an origin with a slash or without.
  for (const origin of ['morphogen://app', 'morphogen://app/'])
    assert.equal(check('clipboard-sanitized-write', origin), true);
  for (const origin of ['https://evil.example', 'morphogen://app.evil', 'null', ''])
    assert.equal(check('clipboard-sanitized-write', origin), false, origin);
  assert.equal(session.deviceHandler?.({} as never), false);

  assert.equal(ask('clipboard-sanitized-write', engineAddress), false, 'the page that nobody sees');
  const of = (url: string): boolean =>
    session.checkHandler!(
      { getURL: () => url } as never,
      'clipboard-sanitized-write',
      'morphogen://app',
      {} as never,
    );
  assert.deepEqual([of(own[0]), of(engineAddress)], [true, false]);
});

test('requests that would leave the program are not sent', async () => {
  const session = guarded();
  for (const url of [...own, 'blob:morphogen://app/1', 'data:image/png;base64,AA=='])
    assert.equal(await session.lets(url), true, url);
  for (const url of [
    'http://127.0.0.1/',
    'https://evil.example/',
    'ws://evil/',
    'file:///etc/passwd',
    'ftp://e/',
    '',
  ])
    assert.equal(await session.lets(url), false, url);
});

test('no page leads elsewhere, no window opens, no webview is attached', () => {
  const contents = guardedContents();
  for (const name of ['will-frame-navigate', 'will-redirect']) {
    for (const url of foreign) assert.ok(contents.ask(name, url), `${name} ${url}`);
    for (const url of own) assert.ok(!contents.ask(name, url), `${name} ${url}`);
  }
  assert.ok(contents.ask('will-attach-webview', own[0]));
  for (const url of [...own, ...foreign]) assert.deepEqual(contents.open(url), { action: 'deny' }, url);
});

test('a link opens in the browser only where it leads to a page that the program knows', () => {
  const before = openedElsewhere.length;
  for (const address of [
    ...foreign,
    'http://github.com/',
    'https://github.com.evil.example/',
    'https://github.com:444/',
    'https://me:secret@github.com/',
    'https://evil.example/https://github.com/',
    'ssh://github.com/',
    'ms-settings:privacy',
  ])
    assert.equal(openExternalLink(address), false, address);
  fc.assert(
    fc.property(fc.webUrl({ validSchemes: ['http', 'https', 'ftp'] }), (url) => !openExternalLink(url)),
  );
  assert.equal(openedElsewhere.length, before, 'nothing was opened');
  assert.equal(openExternalLink('https://github.com/some/page?a=b'), true);
  assert.equal(openedElsewhere.at(-1), 'https://github.com/some/page?a=b');
});

function guarded(): StandInSession {
  const session = new StandInSession();
  guardSession(session as never);
  return session;
}

/** A page's contents as far as the guard goes. */
function guardedContents() {
  const contents = Object.assign(new EventEmitter(), {
    open: (_: string): object => ({}),
    setWindowOpenHandler(handler: (details: { url: string }) => object) {
      contents.open = (url) => handler({ url });
    },
    /** @returns whether it was prevented */
    ask(name: string, url: string): boolean {
      const event = eventWith({ url });
      contents.emit(name, event);
      return event.defaultPrevented;
    },
  });
  guardContents(contents as never);
  return contents;
}
