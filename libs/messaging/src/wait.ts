export const sleep = (ms: number): Promise<void> => new Promise((go) => setTimeout(go, ms));

/** Waits for the work, but not for longer; what it answers or throws is left to whoever began it. */
export async function atMost(ms: number, work: Promise<unknown> | undefined): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((go) => (timer = setTimeout(go, ms)));
  await Promise.race([work?.catch(() => {}), late]);
  clearTimeout(timer);
}
