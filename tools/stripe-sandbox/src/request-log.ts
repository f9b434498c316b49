/** A request as it came over the wire. */
export interface RecordedRequest {
  method: string;
  /** Path and query. */
  url: string;
  contentType: string | null;
  body: string;
}

/** Enough for any test; a long demonstration must not fill the memory. */
const MOST = 5_000;

/** What kinds of request a client made: of several with the same shape the first is kept. */
export class RequestLog {
  private readonly seen = new Map<string, RecordedRequest>();

  /** `shape` names what makes two requests alike: the endpoint and its parameters' names. */
  add(shape: string, request: RecordedRequest): void {
    if (this.seen.size < MOST && !this.seen.has(shape)) this.seen.set(shape, request);
  }

  all(): RecordedRequest[] {
    return [...this.seen.values()];
  }
}
