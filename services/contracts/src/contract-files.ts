import { READER, SIDE } from '@yuzhi/chassis/service';
import type { Reader } from '@yuzhi/database/store';
import { Inject, Injectable } from '@nestjs/common';
import { sha256 } from './documents/canonical-json.ts';

/** Documents under the SHA-256 of their bytes: kept once, never changed. */
@Injectable()
export class ContractFiles {
  constructor(
    @Inject(READER) private readonly reader: Reader,
    @Inject(SIDE) private readonly side: Reader,
  ) {}

  /** Answers the name: lower-case hex. */
  async keep(mediaType: 'application/pdf' | 'application/json', bytes: Buffer): Promise<string> {
    const name = sha256(bytes);
    await this.side.query(
      'insert into file (sha256, media_type, bytes) values ($1, $2, $3) on conflict (sha256) do nothing',
      [name, mediaType, bytes],
    );
    return name;
  }

  /** Throws where nothing is kept under this name: whoever knows it got it from `keep`. */
  async read(name: string): Promise<Buffer> {
    const { rows } = await this.reader.query<{ bytes: Buffer }>('select bytes from file where sha256 = $1', [name]);
    if (!rows[0]) throw new Error(`no file ${name}`);
    return rows[0].bytes;
  }
}
