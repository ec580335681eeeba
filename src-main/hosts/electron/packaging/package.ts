/**
 * `npm run package`, behind set-up.mjs, which sees to the window's page and the bundles: has electron-builder make the
 * packages of the system that this runs on. Arguments are electron-builder's own: `-- --dir`, `-- --linux deb --arm64`.
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import process from 'node:process';
import { root } from './bundle-main.ts';

const builder = spawn(
  process.execPath,
  [
    join(root, 'node_modules/electron-builder/cli.js'),
    ...['--config', 'electron-builder.yml', '--publish', 'never'],
    ...process.argv.slice(2),
  ],
  // Otherwise it looks whether there is a newer one of itself.
  { cwd: root, stdio: 'inherit', env: { ...process.env, NO_UPDATE_NOTIFIER: '1' } },
);
process.exitCode = await new Promise<number>((done, fail) => {
  builder.on('error', fail);
  builder.on('exit', (code) => done(code ?? 1));
});
