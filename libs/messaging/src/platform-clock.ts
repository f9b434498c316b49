import type { Reader } from '@yuzhi/database/store';

/** The platform's time for whoever is outside a decision: reads, sweepers, calls to the outside. */
export class PlatformClock {
  constructor(private readonly reader: Reader) {}

  /** Epoch ms where the service has advanced least: nothing is ahead of its own partition. */
  async now(): Promise<number> {
    const { rows } = await this.reader.query<{ offset: string | null }>(
      'select min(clock_offset_ms)::text as offset from consumer_offset',
    );
    return Date.now() + Number(rows[0]?.offset ?? 0);
  }
}
