import { type Chain, sealNext } from '@yuzhi/database/seals';
import type { Reader } from '@yuzhi/database/store';
import type { Logger } from '@yuzhi/telemetry/logging';
import { metrics } from '@yuzhi/telemetry/metrics';
import { probes } from '@yuzhi/telemetry/probes';
import type { Provider } from '@nestjs/common';
import { LOGGER, READER, SIDE } from './service.ts';

/** Between two looks: what was written is sealed at most five seconds later, also when one look is slow. */
const LOOK_MS = 2000;

/** Seals a chain of rows behind their writer, never in its way. While the database is away it waits. */
class Sealer {
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> = Promise.resolve();
  #closed = false;
  /** When the look began that found nothing left to seal, by `performance.now()`. */
  #wholeAt = performance.now();
  #unprobe = () => {};

  constructor(
    private readonly chain: Chain,
    private readonly reader: Reader,
    private readonly side: Reader,
    private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    const age = metrics.sealAge.of({ chain: this.chain });
    this.#unprobe = probes.add(`seals of ${this.chain}`, () => age.set((performance.now() - this.#wholeAt) / 1000));
    this.#looking = this.#look();
  }
  async #look(): Promise<void> {
    try {
      for (let isLeft = true; isLeft && !this.#closed;) {
        const since = performance.now();
        isLeft = (await sealNext(this.reader, this.side, this.chain)) > 0;
        if (!isLeft) this.#wholeAt = since;
      }
    } catch (err) {
      this.logger.warn({ err, chain: this.chain }, 'not sealed yet');
    }
    if (!this.#closed) this.#timer = setTimeout(() => void (this.#looking = this.#look()), LOOK_MS).unref();
  }
  /** Before the pools are closed. */
  async beforeApplicationShutdown(): Promise<void> {
    this.#closed = true;
    this.#unprobe();
    clearTimeout(this.#timer);
    await this.#looking;
  }
}

/** A provider of a service's module that keeps the chain sealed for as long as the service runs. */
export const sealerOf = (chain: Chain): Provider => ({
  provide: Symbol(`yuzhi.sealer.${chain}`),
  useFactory: (reader: Reader, side: Reader, logger: Logger) => new Sealer(chain, reader, side, logger),
  inject: [READER, SIDE, LOGGER],
});
