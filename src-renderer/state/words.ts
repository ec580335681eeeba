/** Numbers as people read them. */

/** `1,234`. */
export function countWords(count: number): string {
  return Math.round(count).toLocaleString('en');
}

/** `1 style`, `2 styles`. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${countWords(count)} ${count === 1 ? one : many}`;
}

/** What a model learned from: `mnist, 60,000 pictures` of `mnist, 60000 pictures`. */
export function dataWords(data: string): string {
  return data.replace(/\b(\d+) pictures?$/, (_, count) => plural(Number(count), 'picture'));
}

/** `45 s`, `12 min`, `3 h 20 min`. */
export function durationWords(seconds: number): string {
  if (seconds < 1) return 'under 1 s';
  if (seconds < 90) return `${String(Math.round(seconds))} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 90) return `${String(minutes)} min`;
  const hours = Math.floor(minutes / 60);
  if (hours >= 48) return `${String(Math.round(hours / 24))} days`;
  return minutes % 60 === 0 ? `${String(hours)} h` : `${String(hours)} h ${String(minutes % 60)} min`;
}

/** `12 kB`, `3.4 MB`. */
export function byteWords(bytes: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB'];
  let amount = bytes;
  let unit = 0;
  while (amount >= 999.5 && unit < units.length - 1) {
    amount /= 1000;
    unit += 1;
  }
  return `${unit === 0 || amount >= 99.95 ? String(Math.round(amount)) : amount.toFixed(1)} ${units[unit] ?? ''}`;
}

/** A day and a time, as this computer writes them. */
export function dateWords(ms: number): string {
  return new Date(ms).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' });
}
