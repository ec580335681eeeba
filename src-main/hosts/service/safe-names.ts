/**
 * Names for files that we make from names that people gave: valid on Windows, macOS and Linux, and never a path or a
 * device of Windows. Too long ones are cut, as whoever uses them numbers those that meet.
 */
const devices = /^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\.|$)/i;
const forbidden = /[<>:"/\\|?*\u0000-\u001f\u007f\u202a-\u202e\u2066-\u2069]/g;
/** File systems take 255; a number and an ending come after it. */
const MAX_BYTES = 180;

export function safeName(name: string): string {
  const plain = cut(name.normalize('NFC').replace(forbidden, '_').trim()).replace(/[. ]+$/, '');
  const named = plain.replace(/^\.+/, '_');
  if (named === '') return 'unnamed';
  return devices.test(named) ? `_${named}` : named;
}

/**
 * The parts of a name relative to some folder, each safe; an attempt to leave the folder has no effect.
 * @returns at least one part
 */
export function safeParts(relativeName: string): string[] {
  const parts = relativeName.split(/[/\\]/).filter((part) => !/^\s*\.{0,2}\s*$/.test(part));
  return parts.length === 0 ? ['unnamed'] : parts.slice(-16).map(safeName);
}

/** At a border between characters; an ending of a few letters stays. */
function cut(name: string): string {
  if (Buffer.byteLength(name) <= MAX_BYTES) return name;
  const ending = /\.[a-z0-9]{1,12}$/i.exec(name)?.[0] ?? '';
  let stem = '';
  for (const character of name.slice(0, name.length - ending.length)) {
    if (Buffer.byteLength(stem + character + ending) > MAX_BYTES) break;
    stem += character;
  }
  return stem + ending;
}
