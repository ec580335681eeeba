/**
 * Which screen is shown, as it is written in the address after `#`, so that back, forward and reload do what they say:
 * `#/gallery`, `#/models`, `#/grow`, `#/grow/STYLE`, `#/grow/STYLE,STYLE`, `#/grow/artwork/ID`, `#/mixer`,
 * `#/mixer/STYLE,STYLE`, `#/repair`, `#/train`, `#/train/JOB`, `#/settings`.
 */
export type Route =
  | { readonly screen: 'gallery'; readonly tab: 'items' | 'models' }
  | { readonly screen: 'grow'; readonly styleIds: readonly string[]; readonly artworkId: string | null }
  | { readonly screen: 'mixer'; readonly styleIds: readonly string[] }
  | { readonly screen: 'repair' }
  | { readonly screen: 'train'; readonly jobId: string | null }
  | { readonly screen: 'settings' };

export type Screen = Route['screen'];

export function parseRoute(hash: string): Route {
  const [screen = '', first = '', second = ''] = hash.replace(/^#?\/?/, '').split('/');
  if (screen === 'grow') {
    if (first === 'artwork' && second !== '') return { screen, styleIds: [], artworkId: second };
    return { screen, styleIds: idList(first), artworkId: null };
  }
  if (screen === 'mixer') return { screen, styleIds: idList(first) };
  if (screen === 'repair') return { screen };
  if (screen === 'train') return { screen, jobId: first === '' ? null : first };
  if (screen === 'settings') return { screen };
  return { screen: 'gallery', tab: screen === 'models' ? 'models' : 'items' };
}

export function routeHash(route: Route): string {
  if (route.screen === 'grow') {
    if (route.artworkId !== null) return `#/grow/artwork/${route.artworkId}`;
    return route.styleIds.length === 0 ? '#/grow' : `#/grow/${route.styleIds.join(',')}`;
  }
  if (route.screen === 'mixer')
    return route.styleIds.length === 0 ? '#/mixer' : `#/mixer/${route.styleIds.join(',')}`;
  if (route.screen === 'repair') return '#/repair';
  if (route.screen === 'train') return route.jobId === null ? '#/train' : `#/train/${route.jobId}`;
  if (route.screen === 'settings') return '#/settings';
  return route.tab === 'models' ? '#/models' : '#/gallery';
}

function idList(text: string): string[] {
  return text.split(',').filter((id) => id !== '');
}
