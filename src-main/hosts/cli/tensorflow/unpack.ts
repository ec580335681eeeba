/** Takes files out of wheels and npm's archives with the Python that pip came with, which knows both formats. */
import { AppError } from '#domain/errors.ts';
import type { Machine } from './machine.ts';

/** ARCHIVE FOLDER PREFIX…: unpacks the members that begin with a prefix; of an npm archive without its package/. */
const script = `
import os, sys, tarfile, zipfile
archive, folder, prefixes = sys.argv[1], os.path.realpath(sys.argv[2]), tuple(sys.argv[3:])
def write(name, source):
    target = os.path.realpath(os.path.join(folder, *name.split('/')))
    if not target.startswith(folder + os.sep):
        raise ValueError(name + ' leads out of the folder')
    os.makedirs(os.path.dirname(target), exist_ok=True)
    with open(target, 'wb') as out:
        while block := source.read(1 << 20):
            out.write(block)
if archive.endswith('.whl'):
    with zipfile.ZipFile(archive) as wheel:
        for member in wheel.infolist():
            if member.filename.startswith(prefixes) and not member.is_dir():
                with wheel.open(member) as source:
                    write(member.filename, source)
else:
    with tarfile.open(archive) as package:
        for member in package:
            name = member.name.partition('/')[2]
            if member.isfile() and name.startswith(prefixes):
                write(name, package.extractfile(member))
`;

/** FILE: prints what a wheel needs for CUDA, a requirement a line. */
const requirements = `
import re, sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as wheel:
    name = next(n for n in wheel.namelist() if n.endswith('.dist-info/METADATA'))
    for line in wheel.read(name).decode().splitlines():
        found = re.match(r'Requires-Dist: (nvidia-[^;]*);.*and-cuda', line)
        if found:
            print(found.group(1).strip())
`;

/** @throws AppError bad-file, disk-full */
export async function unpack(
  machine: Machine,
  python: string,
  archive: string,
  folder: string,
  prefixes: readonly string[],
): Promise<void> {
  const { code, err } = await machine.run([python, '-c', script, archive, folder, ...prefixes]);
  if (code === 0) return;
  if (/No space left/.test(err)) throw diskFull(folder);
  throw new AppError(
    'bad-file',
    `${archive} could not be unpacked (${lastLine(err)}): remove it and run \`npm run setup:tensorflow\` again.`,
  );
}

/** NVIDIA's packages that the wheel of TensorFlow names, with their versions. */
export async function cudaRequirements(
  machine: Machine,
  python: string,
  wheel: string,
): Promise<readonly string[]> {
  const { code, out, err } = await machine.run([python, '-c', requirements, wheel]);
  const found = out.split('\n').filter((line) => line !== '');
  if (code === 0 && found.length > 0) return found;
  throw new AppError(
    'bad-file',
    `${wheel} does not say what it needs for CUDA (${lastLine(err) || 'no requirements'}): remove it and run ` +
      '`npm run setup:tensorflow -- --cuda` again.',
  );
}

export function diskFull(folder: string): AppError {
  return new AppError(
    'disk-full',
    `There is no room left where ${folder} lies: free some, or name another folder in MORPHOGEN_TENSORFLOW, and run ` +
      '`npm run setup:tensorflow` again.',
  );
}

export function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? '';
}
