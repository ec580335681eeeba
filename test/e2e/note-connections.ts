/**
 * For `--import`: every connection that a process begins to another machine, and every name that it looks up, goes into the
 * file of MORPHOGEN_CONNECTIONS. This machine's own are what the stand-in for Electron speaks to its browser by.
 */
import dns from 'node:dns';
import { appendFileSync } from 'node:fs';
import net from 'node:net';
import process from 'node:process';

const file = process.env['MORPHOGEN_CONNECTIONS'];
const own = new Set(['localhost', '127.0.0.1', '::1']);

function note(host: unknown): void {
  if (file !== undefined && typeof host === 'string' && !own.has(host)) appendFileSync(file, `${host}\n`);
}

const { connect } = net.Socket.prototype;
net.Socket.prototype.connect = function (this: net.Socket, ...given: unknown[]) {
  // `net.connect` hands its arguments over as one list.
  const [first] = Array.isArray(given[0]) ? (given[0] as unknown[]) : given;
  if (typeof first === 'object' && first !== null && 'host' in first) note(first.host);
  else if (typeof given[1] === 'string') note(given[1]);
  return Reflect.apply(connect, this, given) as net.Socket;
};

const { lookup } = dns;
Object.assign(dns, {
  lookup(host: string, ...rest: unknown[]) {
    note(host);
    Reflect.apply(lookup, dns, [host, ...rest]);
  },
});
