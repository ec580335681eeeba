import assert from 'node:assert/strict';
import { test } from 'node:test';
import { switchGraphicsOn } from '#hosts/electron/chromium-switches.ts';

function switchesOn(platform: NodeJS.Platform, given: Readonly<Record<string, string>> = {}): object {
  const values = new Map(Object.entries(given));
  switchGraphicsOn(
    {
      appendSwitch: (name, value = '') => void values.set(name, value),
      getSwitchValue: (name) => values.get(name) ?? '',
    },
    platform,
  );
  return Object.fromEntries(values);
}

test('each system gets what its Chromium needs, and nothing that makes WebGPU unsafe', () => {
  assert.deepEqual(switchesOn('linux'), { 'enable-features': 'ForceEnableWebGpuInterop' });
  assert.deepEqual(switchesOn('win32'), { force_high_performance_gpu: '' });
  assert.deepEqual(switchesOn('darwin'), {});
});

test('what was given on the command line stays', () => {
  const given = { 'enable-features': 'WaylandWindowDecorations,Other', 'use-gl': 'angle' };
  assert.deepEqual(switchesOn('linux', given), {
    'enable-features': 'WaylandWindowDecorations,Other,ForceEnableWebGpuInterop',
    'use-gl': 'angle',
  });
});
