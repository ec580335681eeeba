import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { AppError } from '#domain/errors.ts';
import { commandTable, loadIfThere, type CommandTable } from '#hosts/cli/command-table.ts';
import { defineCommand, type Command, type CommandContext, type Output } from '#hosts/cli/command.ts';
import { runCommandLine } from '#hosts/cli/run-command-line.ts';

const grow = defineCommand({
  name: 'grow',
  summary: 'Grow a picture',
  positionals: [
    { name: 'MODEL', help: 'a model file' },
    { name: 'IMAGE', help: 'pictures', count: 'any' },
  ],
  options: {
    steps: { type: 'integer', short: 's', help: 'how many steps', default: 64, min: 1, max: 1000 },
    rate: { type: 'number', help: 'of learning', min: 0 },
    out: { type: 'string', placeholder: 'FILE', help: 'where to' },
    backend: { type: 'string', choices: ['wasm', 'cpu'], default: 'wasm', help: 'what runs it' },
    json: { type: 'boolean', help: 'for programs' },
  },
  examples: [{ line: 'grow m.safetensors', does: 'grow it' }],
  async run() {
    return undefined;
  },
});

interface Run {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  readonly context: CommandContext | undefined;
}

function collector(): Output & { text: string } {
  return {
    text: '',
    write(text) {
      this.text += text;
    },
    line(text = '') {
      this.text += `${text}\n`;
    },
    isTerminal: false,
    columns: 80,
  };
}

async function runLine(
  args: string[],
  action: (context: CommandContext) => Promise<number | undefined> = async () => undefined,
  signal = new AbortController().signal,
): Promise<Run> {
  let seen: CommandContext | undefined;
  const command: Command = {
    ...(grow as Command),
    run(context) {
      seen = context;
      return action(context);
    },
  };
  const table: CommandTable = { names: ['grow', 'train'], load: async () => command };
  const [out, err] = [collector(), collector()];
  const program = { call: 'morphogen', version: '1.2.3' };
  const code = await runCommandLine(args, table, { out, err, signal, cwd: '/here', env: {}, program });
  return { code, out: out.text, err: err.text, context: seen };
}

test('options come typed, with defaults, and say whether they were given', async () => {
  const { code, context } = await runLine(['grow', 'm', '-s', '12', '--rate=1e-3', 'a.png', '--json']);
  assert.equal(code, 0);
  assert.deepEqual(
    { ...context!.options },
    { steps: 12, rate: 0.001, backend: 'wasm', json: true },
    'an absent option without a default is absent',
  );
  assert.deepEqual(context!.positionals, ['m', 'a.png']);
  assert.equal(context!.given('steps'), true);
  assert.equal(context!.given('backend'), false);
  assert.equal(context!.path('x/y.gif'), resolve('/here/x/y.gif'));
});

test('calling wrongly ends with 2 and one sentence that says what was expected', async () => {
  const cases: [string[], RegExp][] = [
    [['grow', 'm', '--stepps', '3'], /no option --stepps; did you mean --steps\?/],
    [['grow', 'm', '--steps', 'many'], /--steps must be a whole number from 1 to 1000, and got "many"/],
    [['grow', 'm', '--steps', '0'], /from 1 to 1000/],
    [['grow', 'm', '--steps', '1.5'], /whole number/],
    [['grow', 'm', '--steps='], /--steps needs a value, N: how many steps/],
    [['grow', 'm', '--rate', '-1'], /--rate must be a number of at least 0, and got "-1"/],
    [['grow', 'm', '--out', '--json'], /--out needs a value, FILE/],
    [['grow', 'm', '--out'], /--out needs a value, FILE/],
    [['grow', 'm', '--json=yes'], /--json takes no value/],
    [['grow', 'm', '--backend', 'wsam'], /one of wasm, cpu, and got "wsam"; did you mean wasm\?/],
    [['grow', 'm', '-x'], /no option -x/],
    [['grow'], /needs MODEL: a model file/],
    [['gorw'], /no command gorw; did you mean grow\?/],
    [['--verbose'], /no option --verbose/],
    [['grow', 'm', '--__proto__', '1'], /no option --__proto__/],
  ];
  for (const [args, pattern] of cases) {
    const { code, out, err } = await runLine(args);
    assert.equal(code, 2, args.join(' '));
    assert.match(err, pattern);
    assert.equal(err.trim().split('\n').length, 1, err);
    assert.equal(out, '');
  }
});

test('help goes to stdout with usage, options, defaults and examples; without a command it is a usage error', async () => {
  for (const args of [
    ['grow', '--help'],
    ['grow', 'm', '--nonsense', '-h'],
    ['help', 'grow'],
  ]) {
    const { code, out, err } = await runLine(args);
    assert.equal(code, 0);
    assert.equal(err, '');
    assert.match(out, /Usage: morphogen grow MODEL \[IMAGE…\] \[--OPTION…\]/);
    assert.match(out, /-s, --steps N +how many steps \(default 64\)/);
    assert.match(out, /--backend wasm\|cpu/);
    assert.match(out, /morphogen grow m\.safetensors +grow it/);
  }
  const all = await runLine(['--help']);
  assert.equal(all.code, 0);
  assert.match(all.out, /grow +Grow a picture/);
  const none = await runLine([]);
  assert.equal(none.code, 2);
  assert.match(none.err, /Commands:/);
  assert.equal((await runLine(['--version'])).out, '1.2.3\n');
});

test('failures end with 1: an expected one is one sentence, a bug shows where', async () => {
  const expected = await runLine(['grow', 'm'], async () => {
    throw new AppError('not-found', 'There is no model at m: check the path.');
  });
  assert.deepEqual([expected.code, expected.err], [1, 'There is no model at m: check the path.\n']);
  const system = await runLine(['grow', 'm'], async () => {
    throw Object.assign(new Error('ENOENT'), { code: 'ENOENT', syscall: 'open', path: '/m' });
  });
  assert.deepEqual([system.code, system.err], [1, '"/m" was not found: check the path.\n']);
  const bug = await runLine(['grow', 'm'], async () => {
    throw new TypeError('x is undefined');
  });
  assert.equal(bug.code, 1);
  assert.match(bug.err, /bug in Morphogen[^]*x is undefined[^]*run-command-line\.test\.ts/);
  assert.equal((await runLine(['grow', 'm'], async () => 1)).code, 1);
});

test('an interruption ends with 130, whether the command returns or throws', async () => {
  const signal = AbortSignal.abort();
  assert.equal((await runLine(['grow', 'm'], async () => undefined, signal)).code, 130);
  const thrown = await runLine(
    ['grow', 'm'],
    async () => {
      throw new AppError('cancelled', 'Stopped at step 3; --resume continues.');
    },
    signal,
  );
  assert.deepEqual([thrown.code, thrown.err], [130, 'Stopped at step 3; --resume continues.\n']);
});

test('every command of the table that is there has a name, a summary without a full stop, and an example of itself', async () => {
  for (const name of commandTable.names) {
    const command = await loadIfThere(commandTable, name);
    if (command === undefined) continue;
    assert.match(command.summary, /^[A-Z].*[^.]$/);
    assert.ok(command.examples.length > 0);
    for (const { line } of command.examples) assert.match(line, new RegExp(`^${name}\\b`));
    const shorts = Object.values(command.options).flatMap(({ short }) => short ?? []);
    assert.equal(new Set(shorts).size, shorts.length, 'one letter, one option');
    assert.ok(!('help' in command.options) && !shorts.includes('h'), 'help belongs to the frame');
  }
});
