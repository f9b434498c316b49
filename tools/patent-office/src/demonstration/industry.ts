import type { Words } from '@yuzhi/protocol/declare';

/** A method is only ever an invention; a device may also be a utility model. `{m}` stands for what it is about. */
export interface Pattern {
  form: 'method' | 'device';
  /** The main class first. */
  ipc: readonly string[];
  title: Words;
  means: Words;
}

/** An industry of Henan: every pattern fits every subject. */
export interface Industry {
  name: Words;
  subjects: readonly Words[];
  patterns: readonly Pattern[];
}

const said = ([zh, en]: readonly [string, string]): Words => ({ zh, en });

const pattern = (
  form: Pattern['form'],
  ipc: string,
  title: readonly [string, string],
  means: readonly [string, string],
) => ({
  form,
  ipc: ipc.split(' '),
  title: said(title),
  means: said(means),
});
type Said = readonly [zh: string, en: string];

export const method = (ipc: string, title: Said, means: Said): Pattern => pattern('method', ipc, title, means);
export const device = (ipc: string, title: Said, means: Said): Pattern => pattern('device', ipc, title, means);
/** `球磨机 ball mill, 提升机 mine hoist`: the Chinese word has no blank. */
export const subjects = (list: string): Words[] =>
  list.split(',').map((entry) => {
    const [zh = '', ...en] = entry.trim().split(' ');
    return { zh, en: en.join(' ') };
  });
