/**
 * `node --import …/register.ts src-main/hosts/electron/main.ts`: the desktop's host, unmodified, on a stand-in for the
 * module `electron`, which drives Chromium by its DevTools protocol. Node cannot load Electron's own: that is a program.
 *
 *   electron.ts          what `electron` exports           app.ts, browser-window.ts, …   a module for each part of it
 *   devtools.ts          the protocol of Chromium          page/                          what runs in the pages
 *   scheme-server.ts     a registered scheme, over HTTP    control.ts                     how a test steers it
 */
import './hooks.ts';
import { app } from './app.ts';
import { beSteered } from './control.ts';
import * as electron from './electron.ts';

app.begin();
beSteered(electron);
