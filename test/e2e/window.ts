/** A window on the program: a browser's page, whose errors fail the test that has it open. */
import assert from 'node:assert/strict';
import { chromium, type Browser, type Page } from 'playwright-core';
import { chromiumSwitches, findOrInstallChromium } from './chromium.ts';

export interface Window {
  readonly page: Page;
  /** Fails if the page logged an error, or asked anything of another host. */
  check(): void;
  close(): Promise<void>;
}

export interface WindowOptions {
  readonly theme?: 'light' | 'dark';
  readonly size?: { readonly width: number; readonly height: number };
  /** Runs in the page before its own scripts; in a browser alone. */
  readonly script?: string;
}

export function openBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: findOrInstallChromium(), args: [...chromiumSwitches] });
}

export async function openWindow(
  browser: Browser,
  address: string,
  options: WindowOptions = {},
): Promise<Window> {
  const context = await browser.newContext({
    viewport: options.size ?? { width: 1280, height: 800 },
    colorScheme: options.theme ?? 'light',
    reducedMotion: 'no-preference',
  });
  const page = await context.newPage();
  // Generous: a busy machine is slow, and what never comes is told all the same.
  page.setDefaultTimeout(90_000);
  if (options.script !== undefined) await page.addInitScript(options.script);
  const problems = watchForProblems(page, new URL(address).host);
  await page.goto(address);
  return {
    page,
    check: () => assert.deepEqual(problems, []),
    close: () => context.close(),
  };
}

/** @returns what goes wrong in the page from now on, which grows: errors, and what is asked of another host */
export function watchForProblems(page: Page, host = new URL(page.url()).host): readonly string[] {
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(`threw ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(`logged ${message.text()}`);
  });
  page.on('request', (request) => {
    const url = new URL(request.url());
    if (/^(https?|wss?):$/.test(url.protocol) && url.host !== host) problems.push(`asked ${url.host}`);
  });
  return problems;
}
