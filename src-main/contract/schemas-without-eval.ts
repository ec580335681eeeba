/**
 * The page's policy forbids building code from text, which zod tries for speed. It is told not to, before any schema
 * is made: so this module is imported first.
 */
import { config } from 'zod';

config({ jitless: true });
