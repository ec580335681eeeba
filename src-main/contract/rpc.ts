/**
 * One typed rpc over any Port, from a contract's table: `createClient` asks, `serve` answers. Whatever arrives is checked
 * by the table's schemas, so neither side can be harmed by the other; failures travel as a code and a sentence.
 *
 * A call is ended by its handler alone. Cancelling asks it to: it may still save, and answers with what it has, or with
 * AppError `cancelled`. Progress is acknowledged by the caller, value by value, so that a slow caller slows the handler.
 */
export { createClient, type CallOptions, type Client, type ClientOptions } from './rpc-client.ts';
export {
  serve,
  type CallContext,
  type DirectTarget,
  type Handler,
  type Handlers,
  type Server,
  type ServerOptions,
} from './rpc-server.ts';
