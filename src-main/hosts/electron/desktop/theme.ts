/** The system's own parts of the window (frame, menus, dialogs) in the theme that the page has. */
import type { NativeTheme } from 'electron';
import type { Settings } from '#contract/settings.ts';

export function followTheme(
  nativeTheme: Pick<NativeTheme, 'themeSource'>,
  { theme }: Pick<Settings, 'theme'>,
): void {
  if (nativeTheme.themeSource !== theme) nativeTheme.themeSource = theme;
}

/** `--surface-app` of both themes, as src-renderer/styles/tokens.css has it. */
const first = { light: '#f3f3f1', dark: '#131413' } as const;

/** What is seen before the page is. */
export function firstColour({ shouldUseDarkColors }: Pick<NativeTheme, 'shouldUseDarkColors'>): string {
  return shouldUseDarkColors ? first.dark : first.light;
}
