/** The whole application with a page that lends its graphics processor: what windows see of it, and when it is gone. */
import assert from 'node:assert/strict';
import process from 'node:process';
import { before, test } from 'node:test';
import type { EngineState } from '#contract/shapes/engine-state.ts';
import type { Frame } from '#contract/shapes/growth.ts';
import { mixOnStage, setStage, stageSpec } from '#test/app/growth-stage.ts';
import { createPlayedPage, lineTo } from '#test/hosts/engine/graphics/played-page.ts';
import { newStyle, open as openLibrary } from '#test/storage/library/sample-library.ts';
import { newFolder, openService } from './service-stage.ts';

before(setStage);

test('a window’s processor is told, grows on the window’s canvas, and is done without when it is gone', async (t) => {
  const data = await newFolder(t);
  // Trials of the played processor are remembered by nobody else.
  process.env['XDG_CACHE_HOME'] = data;
  process.env['LOCALAPPDATA'] = data;
  const library = await openLibrary(data);
  const [styleId] = library.store.addStyles([newStyle(1, { rule: stageStyle() })]);
  library.close();
  const { service, window, bugs } = await openService(t, data, { modelsFolder: await newFolder(t) });
  const becomes = (words: RegExp): Promise<EngineState> =>
    new Promise((resolve) => {
      const settle = (state: EngineState): void => {
        if (!words.test(state.info?.description ?? '')) return;
        off();
        resolve(state);
      };
      const off = window.on('engine.state', settle);
      void window.call('app.snapshot', {}).then(({ engine }) => settle(engine));
    });
  const notices: string[] = [];
  window.on('app.notice', ({ message }) => notices.push(message));

  const page = createPlayedPage();
  page.canvases.add('canvas-1');
  const { line, drop } = lineTo(page);
  service.lendGraphics('live', line);
  const { status, info } = await becomes(/^webgpu in the window: Played/);
  assert.deepEqual([status, info?.backend, info?.graphics?.name], ['ready', 'webgpu', 'Played']);

  const { growthId } = await window.call('growth.open', { styleIds: [styleId], stepsPerSecond: 60 });
  const frames: Frame[] = [];
  const stop = new AbortController();
  await window.call(
    'growth.watch',
    { growthId, canvas: 'canvas-1' },
    {
      signal: stop.signal,
      onProgress(frame) {
        frames.push(frame);
        if (frames.length === 3) drop();
        if (frame.rgba !== null && frames.length > 6) stop.abort();
      },
    },
  );
  assert.ok(frames.slice(0, 3).every(({ rgba }) => rgba === null));
  const last = frames.at(-1)!;
  assert.equal(last.rgba?.length, last.height * last.width * 4);
  assert.ok(last.step >= frames[2].step && last.isPlaying);
  await becomes(/^(?!webgpu in the window)/);
  assert.equal(notices.length, 1);
  assert.match(notices[0], /window’s graphics processor went away: .* goes on with the backend/);
  assert.deepEqual((await window.call('app.snapshot', {})).notices, [], 'it is told once');
  await window.call('growth.close', { growthId });
  assert.deepEqual(bugs, []);
});

/** A rule that grows. */
function stageStyle() {
  const [{ w0, b0, w1 }] = mixOnStage().rules;
  return { spec: stageSpec, w0, b0, w1 };
}
