import { INTERNAL, type Replayed } from '@yuzhi/chassis/internal';
import { CONFIG } from '@yuzhi/chassis/service';
import type { Vitals } from '@yuzhi/chassis/vitals';
import { Inject, Injectable } from '@nestjs/common';
import type { Look, Seen } from './domain/live-frame.ts';
import type { OversightConfig } from './oversight.config.ts';

/** A process that says nothing for so long is shown as silent. */
const LOOK_MS = 1500;

/** Every process of the platform, as its operators know it. */
@Injectable()
export class Members {
  constructor(@Inject(CONFIG) private readonly config: OversightConfig) {}

  /** All at once; takes a second and a half at most. */
  async look(): Promise<Look> {
    const { watched, owners } = this.config;
    const seen = await Promise.all(Object.entries(watched ?? owners).map(([name, url]) => this.#lookAt(name, url)));
    return { at: Date.now(), seen };
  }
  async #lookAt(name: string, url: string): Promise<Seen> {
    try {
      return { name, vitals: await this.#ask<Vitals>(`${url}/internal/vitals`, AbortSignal.timeout(LOOK_MS)) };
    } catch {
      return { name };
    }
  }

  /** Sends one poisoned command again. @throws Error while its owner does not answer */
  replayCommand(owner: string, partition: number, offset: string, signal: AbortSignal): Promise<Replayed> {
    return this.#ask(`${this.#urlOf(owner)}/internal/poisoned/replay`, signal, { partition, offset });
  }
  /** Sends everything again that is parked under a key. @throws Error while its owner does not answer */
  replayParked(owner: string, topic: string, key: string, signal: AbortSignal): Promise<Replayed> {
    return this.#ask(`${this.#urlOf(owner)}/internal/parked/replay`, signal, { topic, key });
  }
  /** Takes one record out for good, unsent. @throws Error while its owner does not answer */
  discard(
    owner: string,
    place: { topic: string; partition: number; offset: string },
    signal: AbortSignal,
  ): Promise<{ discarded: number }> {
    return this.#ask(`${this.#urlOf(owner)}/internal/set-aside/discard`, signal, place);
  }

  #urlOf(owner: string): string {
    const url = this.config.owners[owner];
    if (!url) throw new Error(`OWNERS does not say where ${owner} is`);
    return url;
  }
  async #ask<T>(url: string, signal: AbortSignal, body?: object): Promise<T> {
    const headers = { [INTERNAL]: this.config.internalSecret, ...(body && { 'content-type': 'application/json' }) };
    const post = body && { method: 'POST', body: JSON.stringify(body) };
    const response = await fetch(url, { headers, signal, ...post });
    if (!response.ok) throw new Error(`${url} answered ${response.status}`);
    return (await response.json()) as T;
  }
}
