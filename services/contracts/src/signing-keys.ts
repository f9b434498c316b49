import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import type { Reader } from '@yuzhi/database/store';
import type { KeyMaterial, KeyStore } from './documents/demonstration-ca.ts';

const NONCE = 12;
const TAG = 16;

/** Key material at rest: AES-256-GCM under a key from the configuration, bound to its name. Nonce, tag, text. */
export class SigningKeys implements KeyStore {
  readonly #key: Buffer;

  constructor(
    private readonly side: Reader,
    secret: string,
  ) {
    this.#key = Buffer.from(hkdfSync('sha256', secret, '', 'contracts.signing-key.v1', 32));
  }

  async load(name: string): Promise<KeyMaterial | null> {
    const { rows } = await this.side.query<{ material: Buffer }>('select material from signing_key where name = $1', [
      name,
    ]);
    return rows[0] ? this.#open(name, rows[0].material) : null;
  }

  async keep(name: string, material: KeyMaterial): Promise<KeyMaterial> {
    await this.side.query('insert into signing_key (name, material) values ($1, $2) on conflict (name) do nothing', [
      name,
      this.#close(name, material),
    ]);
    return (await this.load(name))!;
  }

  #close(name: string, material: KeyMaterial): Buffer {
    const nonce = randomBytes(NONCE);
    const cipher = createCipheriv('aes-256-gcm', this.#key, nonce).setAAD(Buffer.from(name));
    const text = Buffer.concat([cipher.update(JSON.stringify(material)), cipher.final()]);
    return Buffer.concat([nonce, cipher.getAuthTag(), text]);
  }
  /** Throws where the secret is another, or the row was altered or moved to another name. */
  #open(name: string, sealed: Buffer): KeyMaterial {
    const decipher = createDecipheriv('aes-256-gcm', this.#key, sealed.subarray(0, NONCE), { authTagLength: TAG });
    decipher.setAAD(Buffer.from(name)).setAuthTag(sealed.subarray(NONCE, NONCE + TAG));
    const text = Buffer.concat([decipher.update(sealed.subarray(NONCE + TAG)), decipher.final()]);
    return JSON.parse(text.toString()) as KeyMaterial;
  }
}
