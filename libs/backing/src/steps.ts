import { styleText } from 'node:util';

export type Step = <T>(name: string, work: () => Promise<T>, detail?: (value: T) => string) => Promise<T>;

/**
 * Runs pieces of work and prints one line for each as it ends: mark, name, seconds, detail. Colour only on a terminal.
 * A failure is printed by its line and thrown on.
 */
export function createSteps({
  quiet = false,
  out = process.stdout,
}: { quiet?: boolean; out?: NodeJS.WriteStream } = {}): Step {
  const paint = (style: Parameters<typeof styleText>[0], text: string) =>
    out.isTTY ? styleText(style, text, { validateStream: false }) : text;
  const line = (mark: string, name: string, since: number, detail: string) => {
    const seconds = `${((performance.now() - since) / 1000).toFixed(2)} s`.padStart(9);
    if (!quiet) out.write(`${mark} ${name.padEnd(14)} ${paint('dim', seconds)}${detail && `   ${detail}`}\n`);
  };
  return async (name, work, detail) => {
    const since = performance.now();
    try {
      const value = await work();
      line(paint('green', '✓'), name, since, detail?.(value) ?? '');
      return value;
    } catch (error) {
      line(paint('red', '✗'), name, since, '');
      throw error;
    }
  };
}
