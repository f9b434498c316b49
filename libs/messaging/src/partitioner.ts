const SEED = 0x9747b28c;
const M = 0x5bd1e995;

/** Kafka's own hash of a key, of its UTF-8 bytes: a signed 32-bit integer. */
export function murmur2(key: string): number {
  const data = Buffer.from(key);
  const whole = data.length & ~3;
  let h = SEED ^ data.length;
  for (let i = 0; i < whole; i += 4) {
    let k = Math.imul(data.readInt32LE(i), M);
    k = Math.imul(k ^ (k >>> 24), M);
    h = Math.imul(h, M) ^ k;
  }
  if (data.length > whole) h = Math.imul(h ^ data.readUIntLE(whole, data.length - whole), M);
  h = Math.imul(h ^ (h >>> 13), M);
  return h ^ (h >>> 15);
}

/** Where a key belongs. It must stay so for ever, in every client: the order of an aggregate rests on it. */
export const partitionOf = (key: string, partitions: number): number => (murmur2(key) & 0x7fffffff) % partitions;
