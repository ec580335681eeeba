/**
 * `npm start`: the application as a page on loopback. Exit codes: 0 ended by Ctrl-C, 1 could not start (one sentence on
 * stderr), 2 called wrongly, 130 ended at once by a second Ctrl-C. The address is the one line on stdout.
 */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { AppError } from '#domain/errors.ts';
import { usualDataFolder } from '#hosts/service/data-folder.ts';
import { createService, type Service } from '#hosts/service/service.ts';
import { help, parseWebArguments, type WebArguments } from './arguments.ts';
import { openAddress } from './open-address.ts';
import { startWebHost, type WebHost } from './web-host.ts';
import { windowToken } from './window-token.ts';

/** Terminal and npm each deliver one and the same Ctrl-C, so a second signal counts only after this long. */
const sameInterruptMs = 500;
const root = fileURLToPath(new URL('../../..', import.meta.url));
const manifest = join(root, 'package.json');

process.exit(await run());

/** @returns the exit code */
async function run(): Promise<number> {
  let given: WebArguments;
  try {
    given = parseWebArguments(process.argv.slice(2), startFolder());
  } catch (failure) {
    return tell(failure, 2);
  }
  if (given.wantsHelp) {
    process.stdout.write(help);
    return 0;
  }
  // From the very first: a Ctrl-C while it starts ends it, too.
  const interruption = listenForInterruption();
  let service: Service | undefined;
  let host: WebHost | undefined;
  try {
    const dataFolder = given.dataFolder ?? usualDataFolder();
    service = await createService({
      dataFolder,
      version: (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version,
      hasNativeDialogs: false,
      assetsFolder: join(root, 'assets'),
      modelsFolder: join(root, 'models'),
      onBug: (failure) => log(`A bug: ${failure instanceof Error ? (failure.stack ?? '') : String(failure)}`),
    });
    if (interruption.has()) return 0;
    host = await startWebHost({
      service,
      port: given.port,
      token: await windowToken(dataFolder),
      rendererFolder: join(root, 'dist/renderer'),
      log,
    });
    const { address } = host;
    await service.announce(address);
    process.stdout.write(`Morphogen is open at ${address}\n`);
    if (given.opens) void openAddress(address, log);
    await interruption.first;
    return 0;
  } catch (failure) {
    return tell(failure, 1);
  } finally {
    // Windows first, so that nothing new is asked of a service that ends.
    await host?.close();
    await service?.close();
  }
}

/** Where the user stood: npm changes into the package's folder before it runs a script. */
function startFolder(): string {
  const runsByNpm = process.env.npm_package_json === manifest && process.cwd() === dirname(manifest);
  return (runsByNpm ? process.env.INIT_CWD : undefined) ?? process.cwd();
}

function listenForInterruption(): { readonly first: Promise<void>; has(): boolean } {
  let firstAtMs: number | undefined;
  const first = new Promise<void>((done) => {
    const interrupt = (): void => {
      const nowMs = performance.now();
      if (firstAtMs === undefined) {
        firstAtMs = nowMs;
        log('Ending as soon as everything is saved; press Ctrl-C again to end at once.');
        done();
      } else if (nowMs - firstAtMs > sameInterruptMs) process.exit(130);
    };
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, interrupt);
  });
  return { first, has: () => firstAtMs !== undefined };
}

function tell(failure: unknown, code: number): number {
  if (failure instanceof AppError) log(failure.message);
  else {
    const where = failure instanceof Error ? (failure.stack ?? failure.message) : String(failure);
    log(`This is a bug in Morphogen; please report it with these lines.\n${where}`);
  }
  return code;
}

/** What others sent may be in it: nothing that steers a terminal goes there. */
function log(line: string): void {
  process.stderr.write(`${line.replace(/[^\P{Cc}\n\t]/gu, '�')}\n`);
}
