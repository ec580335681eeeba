/**
 * `npm run check`: format, lint, the types of every layer, the rules between layers. Prints what fails and how long
 * each took, and goes on to the next, so that one run tells everything.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { availableParallelism } from 'node:os';

const root = fileURLToPath(new URL('..', import.meta.url));
const layers = ['domain', 'contract', 'engine', 'media', 'storage', 'app', 'hosts', 'hosts/graphics-page'];

interface Check {
  readonly name: string;
  readonly args: readonly string[];
}

interface Outcome {
  readonly code: number;
  readonly output: string;
  readonly seconds: number;
}

const checks: readonly Check[] = [
  {
    name: 'lint',
    args: [
      'node_modules/eslint/bin/eslint.js',
      '--config',
      'test/eslint.config.js',
      '--max-warnings',
      '0',
      '.',
    ],
  },
  {
    name: 'format',
    args: ['node_modules/prettier/bin/prettier.cjs', '--check', '--log-level', 'warn', '.'],
  },
  ...[...layers.map((layer) => `src-main/${layer}`), 'test']
    .filter((folder) => existsSync(`${root}${folder}/tsconfig.json`))
    .map((folder) => ({
      name: `types of ${folder}`,
      args: ['node_modules/typescript/bin/tsc', '--project', folder, '--pretty', 'false'],
    })),
  {
    name: 'types of src-renderer',
    args: [
      'node_modules/svelte-check/bin/svelte-check',
      '--workspace',
      'src-renderer',
      '--tsconfig',
      './tsconfig.json',
      '--output',
      'human',
      '--fail-on-warnings',
    ],
  },
  { name: 'layers', args: ['--test', '--test-reporter=spec', 'test/layers.test.ts'] },
];

const failed: string[] = [];
const waiting = [...checks];
const worker = async (): Promise<void> => {
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    const { code, output, seconds } = await run(next.args);
    process.stdout.write(`${code === 0 ? '✔' : '✖'} ${next.name} (${seconds.toFixed(1)} s)\n`);
    if (code === 0) continue;
    failed.push(next.name);
    process.stdout.write(`${output.trimEnd()}\n`);
  }
};
await Promise.all(Array.from({ length: Math.min(availableParallelism(), 4) }, worker));
process.stdout.write(
  failed.length === 0 ? 'All checks passed.\n' : `Checks that failed: ${failed.join(', ')}.\n`,
);
process.exitCode = failed.length === 0 ? 0 : 1;

async function run(args: readonly string[]): Promise<Outcome> {
  const start = performance.now();
  const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  }
  const code = await new Promise<number>((done, fail) => {
    child.on('error', fail);
    child.on('close', (exitCode) => done(exitCode ?? 1));
  });
  return { code, output, seconds: (performance.now() - start) / 1000 };
}
