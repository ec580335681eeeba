/** The folders on the way to a path, on any system: `/home/ana`, `C:\Users\ana`, `\\server\share`. */
export interface Crumb {
  readonly name: string;
  readonly path: string;
}

export function breadcrumbs(path: string): Crumb[] {
  const windows = /^[A-Za-z]:[\\/]|^\\\\/.test(path);
  const separator = windows ? '\\' : '/';
  const share = /^\\\\[^\\]+\\[^\\]+\\?/.exec(path)?.[0];
  const root = windows ? (share ?? path.slice(0, 3)) : '/';
  const crumbs: Crumb[] = [{ name: windows ? root.replace(/\\$/, '') : '/', path: root }];
  let reached = root;
  for (const name of path.slice(root.length).split(windows ? /[\\/]/ : '/')) {
    if (name === '') continue;
    reached = reached.endsWith(separator) ? reached + name : `${reached}${separator}${name}`;
    crumbs.push({ name, path: reached });
  }
  return crumbs;
}
