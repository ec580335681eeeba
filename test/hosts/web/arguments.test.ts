import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { help, parseWebArguments } from '#hosts/web/arguments.ts';
import { hasDisplay } from '#hosts/web/open-address.ts';
import { defaultPort } from '#hosts/web/web-host.ts';
import { refusedWith } from '../../contract/rpc-cases.ts';

test('without arguments: the usual port and folder, and a browser', () => {
  assert.deepEqual(parseWebArguments([], '/'), {
    port: defaultPort,
    opens: true,
    dataFolder: undefined,
    wantsHelp: false,
  });
});

test('port, folder and browser as wished', () => {
  const given = parseWebArguments(['--port', '0', '--no-open', '--data', 'mine'], '/home/someone');
  assert.deepEqual(given, {
    port: 0,
    opens: false,
    dataFolder: resolve('/home/someone', 'mine'),
    wantsHelp: false,
  });
  assert.equal(parseWebArguments(['--port=65535'], '/').port, 65_535);
  assert.equal(parseWebArguments(['-h'], '/').wantsHelp, true);
});

test('what it does not understand is named', () => {
  const cases: [string[], RegExp][] = [
    [['--port', 'http'], /--port .*“http”/],
    [['--port', '65536'], /--port .*“65536”/],
    [['--port', '-1'], /--port/],
    [['--port'], /--port/],
    [['--data', ''], /--data/],
    [['--colour'], /--colour.*--help/],
    [['extra'], /extra.*--help/],
  ];
  for (const [args, sentence] of cases) {
    assert.throws(() => parseWebArguments(args, '/'), refusedWith('bad-argument', sentence), args.join(' '));
  }
});

test('the help names every option', () => {
  for (const option of ['--port', '--no-open', '--data', '--help']) assert.ok(help.includes(option));
});

test('a Linux without a desktop has no display', () => {
  assert.equal(hasDisplay('linux', {}), false);
  assert.equal(hasDisplay('linux', { DISPLAY: '' }), false);
  for (const name of ['DISPLAY', 'WAYLAND_DISPLAY', 'WSL_DISTRO_NAME']) {
    assert.equal(hasDisplay('linux', { [name]: ':0' }), true);
  }
  assert.equal(hasDisplay('darwin', {}), true);
  assert.equal(hasDisplay('win32', {}), true);
});
