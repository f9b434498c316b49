import { connect, type Socket } from 'node:net';
import { wholeAnswer } from './steady.ts';

export interface Heard {
  status: number;
  /** It says when to come again. */
  isPolite: boolean;
  /** It goes on for as long as somebody listens. */
  isEndless: boolean;
  ms: number;
}

/** The answer, once there is enough of it to tell what it is: of a stream its head, of all others everything. */
export function heardIn(text: string): Omit<Heard, 'ms'> | undefined {
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const head = text.slice(0, end + 2).toLowerCase();
  const isEndless = head.includes('\r\ncontent-type: text/event-stream');
  const answer = isEndless ? { status: Number(text.slice(9, 12)) } : wholeAnswer(text);
  return answer && { status: answer.status, isPolite: head.includes('\r\nretry-after: '), isEndless };
}

/** A connection on which one request follows the other, and of which nothing is expected. */
export class Line {
  readonly socket: Socket;
  #read = '';
  #sentAt = 0;
  #hear: ((heard: Heard | undefined) => void) | undefined;

  constructor(host: string, port: number) {
    this.socket = connect({ host, port });
    this.socket.setNoDelay(true);
    this.socket.setEncoding('latin1').on('data', (text: string) => this.#take(text));
    this.socket.on('error', () => {}).once('close', () => this.#end(undefined));
  }
  get isOpen(): boolean {
    return !this.socket.destroyed;
  }
  /** Undefined: it was closed without an answer. */
  ask(text: string): Promise<Heard | undefined> {
    return new Promise((resolve) => {
      if (!this.isOpen) return resolve(undefined);
      this.#hear = resolve;
      this.#read = '';
      this.#sentAt = performance.now();
      this.socket.write(text);
    });
  }
  /** Waits for what is said unasked, such as that it took too long. */
  listen(): Promise<Heard | undefined> {
    return this.ask('');
  }
  #take(text: string): void {
    if (!this.#hear) return;
    this.#read += text;
    const heard = heardIn(this.#read);
    if (heard) this.#end({ ...heard, ms: performance.now() - this.#sentAt });
  }
  #end(heard: Heard | undefined): void {
    this.#hear?.(heard);
    this.#hear = undefined;
  }
}
