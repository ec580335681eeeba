/**
 * `npm run test:electron`: the flows of the end-to-end tests, and the checklist of security, on a real Electron. Its
 * program is fetched by `npm start -- --desktop`; where there is none this says so, and fails nothing.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { findElectronProgram } from './e2e/real-electron.ts';

const flows = ['story', 'gallery', 'mixer', 'export', 'desktop-security'];
const program = findElectronProgram();
if (program === null) {
  process.stdout.write(
    'Electron’s program is not here, so nothing was tested on it: `npm start -- --desktop` fetches it, ' +
      'and `npm test` runs the same flows on a stand-in.\n',
  );
} else {
  const files = flows.map((name) => `test/e2e/${name}.test.ts`);
  const { status } = spawnSync(process.execPath, ['--test', '--test-concurrency=1', ...files], {
    cwd: fileURLToPath(new URL('..', import.meta.url)),
    stdio: 'inherit',
    env: { ...process.env, MORPHOGEN_PROGRAM: 'electron', MORPHOGEN_ELECTRON: program },
  });
  process.exitCode = status ?? 1;
}
