import assert from 'node:assert/strict';
import { test } from 'node:test';
import { breadcrumbs } from '../../../src-renderer/state/breadcrumbs.ts';

test('every crumb leads to its folder, on every system', () => {
  const cases: [string, [string, string][]][] = [
    ['/', [['/', '/']]],
    [
      '/home/ana',
      [
        ['/', '/'],
        ['home', '/home'],
        ['ana', '/home/ana'],
      ],
    ],
    ['C:\\', [['C:', 'C:\\']]],
    [
      'C:\\Users\\ana',
      [
        ['C:', 'C:\\'],
        ['Users', 'C:\\Users'],
        ['ana', 'C:\\Users\\ana'],
      ],
    ],
    [
      '\\\\host\\share\\pictures',
      [
        ['\\\\host\\share', '\\\\host\\share\\'],
        ['pictures', '\\\\host\\share\\pictures'],
      ],
    ],
    [
      '/odd\\name/x',
      [
        ['/', '/'],
        ['odd\\name', '/odd\\name'],
        ['x', '/odd\\name/x'],
      ],
    ],
  ];
  for (const [path, crumbs] of cases)
    assert.deepEqual(
      breadcrumbs(path),
      crumbs.map(([name, to]) => ({ name, path: to })),
      path,
    );
});
