import { LOGGER, PAGER } from '@yuzhi/chassis/service';
import { liveChannel, liveTopic, type Pager } from '@yuzhi/messaging/replies';
import { hall } from '@yuzhi/protocol/bidding';
import { live } from '@yuzhi/protocol/ops';
import type { Logger } from '@yuzhi/telemetry/logging';
import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { frameOf, type LiveFrame, type Look } from './domain/live-frame.ts';
import { Members } from './members.ts';

const FRAME_MS = 2000;
/** Frames that are kept for whoever missed some: a quarter of an hour. */
const KEPT = 450;
/** A door asks for what it missed with every heartbeat, for as long as anybody watches there. */
const WATCHED_MS = 60_000;

type Frame = { seq: number; item: LiveFrame };

/** Looks at every process once in two seconds while somebody watches, and not at all otherwise. */
@Injectable()
export class LiveView implements OnApplicationShutdown {
  #frames: Frame[] = [];
  #timer: NodeJS.Timeout | undefined;
  #before: Look | undefined;
  #askedAt = -WATCHED_MS;
  #stopped = false;

  constructor(
    private readonly members: Members,
    @Inject(PAGER) private readonly pager: Pager,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onApplicationShutdown(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  /** What is behind `after`; whoever asks wants to see what comes, too. */
  fill(after: number, limit: number): { items: Frame[]; head: number } {
    this.#askedAt = performance.now();
    if (!this.#timer && !this.#stopped) this.#next(0);
    const items = this.#frames.filter(({ seq }) => seq > after).slice(0, limit);
    return { items, head: this.#frames.at(-1)?.seq ?? 0 };
  }

  #next(waitMs: number): void {
    this.#timer = setTimeout(() => void this.#look(), waitMs);
  }
  async #look(): Promise<void> {
    if (performance.now() - this.#askedAt > WATCHED_MS) {
      this.#timer = undefined;
      this.#before = undefined;
      return;
    }
    try {
      const look = await this.members.look();
      if (this.#before) this.#show(frameOf(this.#before, look, liveChannel(hall.type, '')));
      this.#before = look;
    } catch (err) {
      this.logger.warn({ err }, 'no frame of the live view');
    }
    if (!this.#stopped) this.#next(FRAME_MS - (Date.now() % FRAME_MS));
  }

  /** Numbers are times, so that they go on rising when this process starts anew. */
  #show(item: LiveFrame): void {
    const seq = Math.max(Math.floor(item.at / FRAME_MS), (this.#frames.at(-1)?.seq ?? 0) + 1);
    const frame = { seq, item };
    this.#frames = [...this.#frames.slice(1 - KEPT), frame];
    const told = [{ channel: liveChannel(live.type, 'main'), items: [frame] }];
    this.pager.publish(liveTopic(live.service), JSON.stringify(told));
  }
}
