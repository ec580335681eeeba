/**
 * `npm run package`: bundles the processes, gathers the licences, and has electron-builder make the packages of the
 * system that this runs on. Arguments are electron-builder's own: `-- --dir`, `-- --linux deb --arm64`.
 */
import { spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { bundleMain, root } from './bundle-main.ts';
import { thirdPartyNotices } from './notices.ts';

const bundled = await bundleMain();
await writeFile(
  join(root, 'dist/THIRD-PARTY-NOTICES.txt'),
  thirdPartyNotices(root, bundled, process.platform),
);
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
