#!/usr/bin/env node
/** The program `morphogen`: sets itself up if need be, then runs the command line with the Node that is pinned. */
import { join } from 'node:path';
import process from 'node:process';
import { goOn, root, setUp } from './set-up.mjs';

const args = process.argv.slice(2);
await goOn(await setUp(), [], join(root, 'src-main/hosts/cli/main.ts'), args);
