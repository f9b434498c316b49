import { type CustomTransportStrategy, Server } from '@nestjs/microservices';
import type { Runtime } from './runtime.ts';

/** Nest's transport over the log: handlers are found by their declarations, not by patterns. */
export class LogStrategy extends Server implements CustomTransportStrategy {
  constructor(readonly runtime: Runtime) {
    super();
  }
  listen(ready: (e?: unknown) => void): void {
    this.runtime.start().then(() => ready(), ready);
  }
  close(): Promise<void> {
    return this.runtime.stop();
  }
  on(): never {
    throw new Error('the status of this transport is its health check');
  }
  unwrap<T>(): T {
    return this.runtime as T;
  }
}
