const pause = (ms: number, signal?: AbortSignal) =>
  new Promise<void>((go) => {
    if (signal?.aborted) return go();
    const timer = setTimeout(done, ms);
    function done() {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      go();
    }
    signal?.addEventListener('abort', done);
  });

/** Longer and longer up to 2 s, a little by chance, and never shorter than the other side asked for. */
export function createBackOff(signal?: AbortSignal): (headers?: Headers) => Promise<void> {
  let waitMs = 25;
  return (headers?: Headers) => {
    waitMs = Math.min(waitMs * 2, 2000);
    const askedMs = Number(headers?.get('retry-after') ?? 0) * 1000 || 0;
    return pause(Math.max(waitMs * (0.5 + Math.random() / 2), askedMs), signal);
  };
}
