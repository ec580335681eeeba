/** The scripts that run in pages before their own: plain JavaScript, made of page/*.ts, the wire's codec and the preload. */
import { readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { fileURLToPath } from 'node:url';

/** The name of the world in which preload scripts run. */
export const isolatedWorld = 'Electron Isolated Context';

export function mainWorldScript(): string {
  return inItsOwnScope(plain(beside('./page/main-world.ts')));
}

/** @param path of a preload script: TypeScript beside the host's modules, or the CommonJS that it is bundled to */
export function preloadScript(path: string): string {
  const codec = ['domain/errors.ts', 'contract/wire.ts'].map((name) =>
    plain(beside(`../../../../src-main/${name}`)),
  );
  const world = plain(beside('./page/isolated-world.ts'));
  const preload = path.endsWith('.ts')
    ? plain(path).replace(/^import \{([^}]*)\} from 'electron';$/m, "const {$1} = require('electron');")
    : readFileSync(path, 'utf8');
  return inItsOwnScope([...codec, world, inItsOwnScope(preload)].join('\n'));
}

function beside(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url));
}

/** Modules whose imports are all in the scripts before them become parts of one script. */
function plain(path: string): string {
  return stripTypeScriptTypes(readFileSync(path, 'utf8'))
    .replace(/^import (?!\{[^}]*\} from 'electron')[^;]*;$/gm, '')
    .replace(/^export (?=(async )?(const|let|function|class)\b)/gm, '');
}

function inItsOwnScope(script: string): string {
  return `(() => {\n${script}\n})();`;
}
