import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateRawSync } from 'node:zlib';
import { unpackRedis } from './redis.ts';
import { readZip } from './zip.ts';

/** A zip file as its specification (APPNOTE 4.3) lays it out; the local headers carry extra data of their own. */
function zipOf(entries: { name: string; content: Buffer; method: number }[], comment = ''): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  for (const { name, content, method } of entries) {
    const packed = method === 8 ? deflateRawSync(content) : content;
    const offset = Buffer.concat(parts).length;
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(name.length, 26);
    local.writeUInt16LE(5, 28);
    parts.push(local, Buffer.from(name), Buffer.from('extra'), packed);
    const central = Buffer.alloc(46);
    central.writeUInt32LE(0x02014b50, 0);
    central.writeUInt16LE(method, 10);
    central.writeUInt32LE(packed.length, 20);
    central.writeUInt32LE(content.length, 24);
    central.writeUInt16LE(name.length, 28);
    central.writeUInt32LE(offset, 42);
    directory.push(central, Buffer.from(name));
  }
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(Buffer.concat(parts).length, 16);
  end.writeUInt16LE(comment.length, 20);
  return Buffer.concat([...parts, ...directory, end, Buffer.from(comment)]);
}

describe('a zip file', () => {
  let dir: string;
  let file: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'yuzhi-zip-'));
    file = join(dir, 'some.jar');
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  it('gives back what was stored and what was deflated', () => {
    const text = Buffer.from('专利许可 '.repeat(1_000));
    const entries = [
      { name: 'plain', content: text, method: 0 },
      { name: 'folder/packed', content: text, method: 8 },
      { name: 'empty', content: Buffer.alloc(0), method: 0 },
    ];
    writeFileSync(file, zipOf(entries, 'a comment'));
    const zip = readZip(file);
    expect([...zip.keys()]).toEqual(['plain', 'folder/packed', 'empty']);
    for (const { name, content } of entries) expect(zip.get(name)!().equals(content)).toBe(true);
  });

  it('packed in another way is refused by name', () => {
    writeFileSync(file, zipOf([{ name: 'odd', content: Buffer.from('x'), method: 12 }]));
    expect(readZip(file).get('odd')).toThrow('odd is packed by method 12');
  });

  it('that is none is refused', () => {
    writeFileSync(file, 'not a zip file at all');
    expect(() => readZip(file)).toThrow('is not a zip file');
  });

  it('carries a Redis for this machine, which is unpacked once and may be run', () => {
    const name = 'redis-server-6.2.7-linux-arm64';
    writeFileSync(file, zipOf([{ name, content: Buffer.from('#!/bin/sh\n'), method: 8 }]));
    const program = unpackRedis(file, join(dir, 'redis'), 'linux-arm64');
    expect(statSync(program).mode & 0o111).toBe(0o111);
    const { mtimeMs } = statSync(program);
    expect(statSync(unpackRedis(file, join(dir, 'redis'), 'linux-arm64')).mtimeMs).toBe(mtimeMs);
    expect(() => unpackRedis(file, dir, 'plan9-mips')).toThrow('No Redis is packed for plan9-mips');
  });
});
