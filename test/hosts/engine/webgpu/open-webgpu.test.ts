/** Which graphics processor is opened, and that it is tried once, not at every start. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { WrongNumbersError } from '#engine/kernels/webgpu/trial.ts';
import { NoProcessorError, processors, type Processor } from '#hosts/engine/webgpu/dawn.ts';
import { openWebgpu } from '#hosts/engine/webgpu/open-webgpu.ts';
import { forgetful, missingGraphics } from '#test/engine/kernels/webgpu/graphics.ts';

const missing = await missingGraphics();
if (missing !== null) console.log(`Opening a graphics processor is not tested on this machine: ${missing}`);

describe('opening a graphics processor', { skip: missing !== null }, () => {
  test('all that Dawn has are told, software last', async () => {
    const found = [];
    for await (const processor of processors()) found.push(processor);
    assert.ok(found.length > 0);
    const kinds = found.map(({ isSoftware }) => isSoftware);
    assert.deepEqual(
      kinds,
      kinds.toSorted((a, b) => Number(a) - Number(b)),
    );
    // The processor's own name, not its driver's.
    for (const { name } of found) assert.doesNotMatch(name, /driver/);
  });

  test('what was right is not tried again; what was wrong is, when it is asked for', async () => {
    const tried = forgetful();
    let trials = 0;
    let isWrong = true;
    const trial = (): Promise<void> => {
      trials++;
      return isWrong
        ? Promise.reject(new WrongNumbersError('It computes wrong numbers.'))
        : Promise.resolve();
    };
    const asked = { softwareToo: true, tried, trial };

    await assert.rejects(openWebgpu(asked), NoProcessorError);
    assert.equal(trials, 1);
    await assert.rejects(openWebgpu(asked), { code: 'unsupported', message: /wrong numbers/ });
    assert.equal(trials, 2);
    isWrong = false;
    const opened = await openWebgpu(asked);
    opened.close();
    assert.equal(opened.wasTried, true);
    assert.equal(trials, 3);
    assert.equal(tried.verdict(opened.key), null);
    const again = await openWebgpu(asked);
    again.close();
    assert.equal(again.wasTried, false);
    assert.equal(trials, 3);
    const judged = await openWebgpu({ ...asked, tryAgain: true });
    judged.close();
    assert.equal(trials, 4);
  });

  test('a trial that fails otherwise is told, and not taken for a wrong answer', async () => {
    const tried = forgetful();
    const trial = (): Promise<void> => Promise.reject(new Error('WebGPU refused a command: no'));
    await assert.rejects(openWebgpu({ softwareToo: true, tried, trial }), /small trial \(WebGPU refused/);
    assert.deepEqual(tried.known(false), []);
  });

  test('by itself, one that was wrong is passed over for the next until its key changes, and that is told', async () => {
    const tried = forgetful();
    const trials: string[] = [];
    const trial = (name: string): Promise<void> => {
      trials.push(name);
      return name === 'Fast' ? Promise.reject(new WrongNumbersError('Fast is wrong.')) : Promise.resolve();
    };
    const choose = async (driver: string): Promise<string> => {
      const from = pretended([`Fast ${driver}`, 'Slow 1']);
      const { name, passedOver, close } = await openWebgpu({ softwareToo: false, tried, trial, from });
      close();
      assert.deepEqual(passedOver, [{ name: 'Fast', isSoftware: false, why: 'Fast is wrong.' }]);
      return name;
    };
    assert.equal(await choose('1'), 'Slow');
    assert.deepEqual(trials, ['Fast', 'Slow']);
    assert.equal(await choose('1'), 'Slow');
    assert.deepEqual(trials, ['Fast', 'Slow']);
    assert.equal(await choose('2'), 'Slow');
    assert.deepEqual(trials, ['Fast', 'Slow', 'Fast']);
  });

  test('software is not chosen by itself, and nothing is tried for it', async () => {
    const trial = (): Promise<void> => assert.fail('tried');
    for await (const { isSoftware } of processors()) if (!isSoftware) return;
    await assert.rejects(openWebgpu({ softwareToo: false, tried: forgetful(), trial }), {
      brief: 'no graphics processor but software',
    });
  });
});

/** The machine's processor under other names and keys, "NAME DRIVER", as if it were no software. */
async function* pretended(keys: readonly string[]): AsyncGenerator<Processor, void> {
  for (const key of keys) {
    for await (const processor of processors()) {
      yield { ...processor, name: key.split(' ')[0], key, isSoftware: false };
      break;
    }
  }
}
