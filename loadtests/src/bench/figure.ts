import type { Sample } from './sample.ts';

/** Everything that is measured, each on its own in turn. */
export const VARIANTS = [
  'ours-many',
  'ours-hot',
  'ours-hot-256',
  'ours-1',
  'ours-10',
  'ours-100',
  'ours-10000',
  'ours-watched',
  'ours-steady',
  'ours-overload',
  'ours-calm',
  'ours-slow',
  'ours-silent',
  'ours-besieged',
  'ours-flooded',
  'ours-headers',
  'echo-many',
  'echo-hot',
  'rows-many',
  'rows-hot',
  'control-many',
  'control-hot',
  'naive-many',
  'naive-hot',
  'shelf-few',
  'shelf-full',
  'boot-few',
  'boot-full',
  'floor',
  'ours-transfers-random',
  'ours-transfers-hot',
  'transfers-random',
  'transfers-hot',
  'ledger',
  'ours-deals',
  'naive-deals',
] as const;
export type VariantId = (typeof VARIANTS)[number];

export interface Figure {
  /** As it is asked for; several parts may share one. */
  id: string;
  part: string;
  says: string;
  unit: '×' | '%' | 'ms' | 'MiB' | 'per s' | 'per commit';
  better: 'more' | 'less';
  must?: number;
  stretch?: number;
  of: readonly VariantId[];
  /** Of one round. */
  value: (sample: (id: VariantId) => Sample) => number;
}

export type Value = Figure['value'];
type Goal = Pick<Figure, 'must' | 'stretch'>;
export const atLeast = (must: number, stretch = must): Goal & { better: 'more' } => ({ better: 'more', must, stretch });
export const atMost = (must: number, stretch = must): Goal & { better: 'less' } => ({ better: 'less', must, stretch });

/** How much faster one is than the other. */
export const rate = (one: VariantId, other: VariantId): Pick<Figure, 'unit' | 'of' | 'value'> => ({
  unit: '×',
  of: [one, other],
  value: (sample) => sample(one).perSecond / sample(other).perSecond,
});
export const cost = (
  one: VariantId,
  echo: VariantId,
  of: (sample: Sample) => number,
): Pick<Figure, 'unit' | 'of' | 'value'> => ({
  unit: '×',
  of: [one, echo],
  value: (sample) => of(sample(one)) / sample(echo).cpuUs.gateway,
});
export const servers = ({ serverUs }: Sample) => serverUs;
export const gateway = ({ cpuUs }: Sample) => cpuUs.gateway;
export const measured = (sample: Sample, name: string): number => sample.measures?.[name] ?? Number.NaN;
export const latency = ({ latencyMs }: Sample, wanted: number): number =>
  latencyMs?.find(([share]) => share === wanted)?.[1] ?? Number.NaN;

export const one = (id: string, part: string, says: string, rest: Omit<Figure, 'id' | 'part' | 'says'>): Figure => ({
  id,
  part,
  says,
  ...rest,
});
