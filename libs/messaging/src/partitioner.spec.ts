import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { Partitioners } from 'kafkajs';
import { murmur2, partitionOf } from './partitioner.ts';

const kafkajs = Partitioners.DefaultPartitioner();
const theirs = (key: string, partitions: number) => {
  const partitionMetadata = Array.from({ length: partitions }, (_, partitionId) => ({ partitionId, leader: 1 }));
  return kafkajs({ topic: 't', partitionMetadata: partitionMetadata as never, message: { key, value: '' } });
};

describe('the partition of a key', () => {
  it.each([
    ['21', -973932308],
    ['foobar', -790332482],
    ['a-little-bit-long-string', -985981536],
    ['a-little-bit-longer-string', -1486304829],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
    ['abc', 479470107],
  ])("comes from the hash in Apache Kafka's own UtilsTest: %s", (key, hash) => expect(murmur2(key)).toBe(hash));

  it('is the one that kafkajs chooses, for every key and number of partitions', () => {
    const keys = fc.oneof(fc.string({ unit: 'binary', maxLength: 64 }), fc.uuid(), fc.string({ unit: 'grapheme' }));
    fc.assert(
      fc.property(keys, fc.integer({ min: 1, max: 64 }), (key, partitions) => {
        expect(partitionOf(key, partitions)).toBe(theirs(key, partitions));
      }),
      { numRuns: 2000 },
    );
  });

  it('is spread evenly over sale ids', () => {
    const counts = Array<number>(8).fill(0);
    for (let i = 0; i < 8000; i++)
      counts[partitionOf(`018f3c1e-0000-7000-8000-${String(i).padStart(12, '0')}`, 8)]! += 1;
    expect(Math.min(...counts)).toBeGreaterThan(850);
    expect(Math.max(...counts)).toBeLessThan(1150);
  });

  it('is never outside, also for the key whose hash is the smallest number', () => {
    for (const key of ['', '\0', '豫知', 'a'.repeat(10_000)]) {
      const partition = partitionOf(key, 7);
      expect(partition >= 0 && partition < 7 && Number.isInteger(partition)).toBe(true);
    }
  });
});
