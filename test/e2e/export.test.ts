/**
 * Exports in a real browser: a GIF that carries its recipe leaves one library and comes into a fresh one, where it grows
 * again to the same bytes; what the dialog says of a file is what is downloaded; folders, videos, the clipboard.
 */
import assert from 'node:assert/strict';
import fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { readCarried } from '#media/carried.ts';
import { decode, missing } from '#test/decoders.ts';
import { testEachProgram, type OpenProgram } from './programs.ts';

testEachProgram('export', async (t, program) => {
  const folder = await fs.mkdtemp(join(tmpdir(), 'morphogen-export-'));
  t.after(async () => {
    await program.close();
    await fs.rm(folder, { recursive: true, force: true });
  });
  const window = await program.open(join(folder, 'one'));
  const { page } = window;
  page.setDefaultTimeout(60_000);
  const gif = join(folder, 'parrot.gif');
  const kind = page.getByRole('combobox', { name: 'Kind of file' });

  await t.test('the parrot becomes a GIF, of the size that was shown', async () => {
    await page.getByRole('gridcell').first().click();
    await page.getByRole('button', { name: 'Export…' }).click();
    await page.getByText(/65 frames, 320 × 320 pixels, \d+ kB/).waitFor({ timeout: 60_000 });
    await download(window, gif);
    const { pages, width } = await sharp(gif, { animated: true }).metadata();
    assert.deepEqual([pages, width], [65, 320]);
  });

  await t.test(
    'a budget is kept to and told; transparency, boomerang and colours go into the file',
    async () => {
      await page.getByRole('button', { name: 'Export…' }).click();
      await page.getByRole('combobox', { name: 'Background' }).selectOption('transparent');
      await page.getByRole('switch', { name: 'And back again' }).click();
      await page.getByText(/^Steps, colours/).click();
      await page.getByRole('combobox', { name: 'Size of the file' }).selectOption('0.25');
      await page.getByText(/Chosen for the size/).waitFor({ timeout: 60_000 });
      const small = join(folder, 'small.gif');
      await download(window, small);
      assert.ok((await fs.stat(small)).size < 250_000);
      assert.equal((await sharp(small).metadata()).hasAlpha, true);
    },
  );

  await t.test('a video, where this browser has the codec', async () => {
    await page.getByRole('button', { name: 'Export…' }).click();
    // Whether it has is asked when the dialog opens.
    await page.getByRole('img', { name: 'What is exported' }).waitFor({ timeout: 60_000 });
    const hasCodec = await kind.locator('option[value=webm]').isEnabled();
    if (hasCodec) {
      await kind.selectOption('webm');
      const film = join(folder, 'film.webm');
      await download(window, film);
      assert.equal((await fs.readFile(film)).readUInt32BE(0), 0x1a45dfa3);
      if (missing('ffprobe') === false) {
        const streams = ['-show_entries', 'stream=codec_type,width,height,nb_read_frames', '-count_frames'];
        const told = decode('ffprobe', ['-v', 'error', ...streams, '-of', 'csv=p=0', film], folder);
        assert.match(told.toString(), /^video,320,320,\d\d/);
      }
    } else {
      await page.getByText(/has no encoder for WebM/).waitFor();
      await page.keyboard.press('Escape');
    }
  });

  await t.test('the picture goes to the clipboard, its pixels alone, and comes back by pasting', async () => {
    // The desktop lets nobody read it: there it is only pasted.
    const mayRead = program.name === 'web';
    if (mayRead) await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.getByRole('button', { name: 'Export…' }).click();
    await page.getByRole('button', { name: 'Copy picture' }).click();
    await page.getByText('The picture is on the clipboard.').waitFor({ timeout: 60_000 });
    if (mayRead) {
      // As text: the types of tests know no browser.
      const copied = await page.evaluate<number[]>(`navigator.clipboard.read()
        .then(([item]) => item.getType('image/png'))
        .then((blob) => blob.arrayBuffer())
        .then((bytes) => Array.from(new Uint8Array(bytes)))`);
      const png = Buffer.from(copied);
      const { width, height, format } = await sharp(png).metadata();
      assert.deepEqual([format, width, height], ['png', 320, 320]);
      assert.equal(readCarried(png), null);
    }
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    await page.keyboard.press('ControlOrMeta+v');
    await page.getByRole('button', { name: 'Encode 1 picture' }).waitFor({ timeout: 60_000 });
    await page.getByRole('button', { name: 'Cancel this import' }).click();
  });

  await t.test('into a folder, as a job', async () => {
    await page.getByRole('button', { name: 'Export…' }).click();
    await kind.selectOption('png');
    const intoFolder = page.getByRole('button', { name: 'Save into a folder…' });
    const out = join(folder, 'out');
    await fs.mkdir(out);
    if (program.name !== 'web') {
      const written = found(out, 'Parrot.png');
      await window.choose([out], () => intoFolder.click());
      await written;
      return;
    }
    await intoFolder.click();
    const above = page.getByRole('navigation', { name: 'Folders above' });
    await above.getByRole('button').first().waitFor();
    const path = page.getByRole('textbox', { name: 'Path of the folder' });
    await path.fill(out);
    await path.press('Enter');
    await above.getByRole('button', { name: 'out', exact: true }).waitFor();
    const written = found(out, 'Parrot.png');
    await page.getByRole('button', { name: 'Export into this folder' }).click();
    await written;
  });
  window.check();
  await window.kill();

  await t.test('a fresh library takes the GIF in, and grows it again to the same bytes', async () => {
    const other = await program.open(join(folder, 'two'));
    await other.choose([gif], () => other.page.getByRole('button', { name: 'Bring in…' }).click());
    await other.page.getByText('it carries its recipe, and grows again').waitFor({ timeout: 60_000 });
    await other.page.getByRole('button', { name: 'Import 1 file' }).click();
    const artwork = other.page
      .getByRole('gridcell')
      .filter({ has: other.page.getByLabel('Artwork', { exact: true }) });
    await artwork.waitFor({ timeout: 60_000 });
    await artwork.click();
    await other.page.getByRole('button', { name: 'Replay' }).click();
    await other.page.getByText('the same picture to the last bit').waitFor({ timeout: 60_000 });
    await other.page.getByRole('button', { name: 'Export…' }).click();
    await other.page.getByText(/65 frames, 320 × 320 pixels/).waitFor({ timeout: 60_000 });
    const again = join(folder, 'again.gif');
    await download(other, again);
    const [first, second] = await Promise.all(
      [gif, again].map((path) => sharp(path, { animated: true }).raw().toBuffer()),
    );
    assert.ok(first.equals(second), 'every pixel of every frame');
    other.check();
    await other.kill();
  });
});

function download({ page, download: save }: OpenProgram, path: string): Promise<void> {
  const button = page.getByRole('dialog').getByRole('button', { name: 'Download', exact: true });
  return save(path, () => button.click());
}

async function found(folder: string, name: string): Promise<void> {
  for await (const { filename } of fs.watch(folder)) if (filename === name) break;
}
