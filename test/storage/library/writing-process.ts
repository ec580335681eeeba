/**
 * A process of its own that has a library open, to be killed: `node writing-process.ts ACTION FOLDER`. It writes a line
 * for everything that is done, at once, so that whoever reads the line knows that it is on the disk.
 */
import Database from 'better-sqlite3';
import { writeSync } from 'node:fs';
import { libraryPath } from '#storage/library/database-file.ts';
import { migrate, migrations } from '#storage/library/migrate.ts';
import { openLibrary } from '#storage/library/open.ts';
import { newStyle } from './sample-library.ts';

const [action, folder] = process.argv.slice(2);
const say = (line: string): void => void writeSync(1, `${line}\n`);

switch (action) {
  case 'hold':
    await openLibrary(folder, { version: '0.1.0' });
    say('open');
    setInterval(() => undefined, 1000);
    break;
  case 'insert': {
    const { store } = await openLibrary(folder, { version: '0.1.0' });
    // Three at a time: all of them or none are there afterwards.
    for (let i = store.summary().styles; ; i += 3) {
      say(store.addStyles([0, 1, 2].map((k) => newStyle(i + k, { tags: ['kept'] }))).join(' '));
    }
  }
  case 'migrate': {
    const endless = `CREATE TABLE half (a); INSERT INTO half VALUES (1); UPDATE items SET name = 'changed';
      WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n;`;
    const path = libraryPath(folder);
    const database = new Database(path);
    // The step follows within this turn, and never ends.
    const backUp = async (): Promise<void> => say('backed up');
    await migrate(database, path, '0.2.0', backUp, [...migrations, { version: 20, sql: endless }]);
    break;
  }
  default:
    throw new Error(`there is no action ${action}`);
}
