import type { Bench } from './bench.ts';
import type { Cast } from './cpu.ts';
import type { VariantId } from './figure.ts';
import type { Outcome, Sample } from './sample.ts';

/** A variant that is ready to be measured. */
export interface Prepared {
  cast: Cast;
  load(seconds: number): Promise<Outcome>;
  /** Called before each load, and not measured: lays out what the load uses up. */
  supply?(seconds: number): Promise<void>;
  /** More than the target takes is asked of it: that much of it is turned away is what is measured. */
  mayShed?: boolean;
  /** Called once the last sample of a round is taken. */
  after?(): Promise<void>;
}
/** `earlier` are the samples of the same round. */
export type Prepare = (bench: Bench, earlier: ReadonlyMap<VariantId, Sample>) => Promise<Prepared>;
