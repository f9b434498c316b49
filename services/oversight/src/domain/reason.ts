import type { Cause, Command, Words } from '@yuzhi/protocol/declare';
import { platformRefusals } from '@yuzhi/protocol/platform';

/** What is known of commands, by type. */
export type Commands = ReadonlyMap<string, Pick<Command, 'summary' | 'rejections'>>;

const DONE: Words = { zh: '已完成', en: 'done' };

/** One after the other: what was decided, and what it came of. */
export const joined = (first: Words, second: Words): Words => ({
  zh: `${first.zh}：${second.zh}`,
  en: `${first.en}: ${second.en}`,
});

/** Why something happened: the command that was decided, and of one that was asked of another service its outcome. */
export function reasonOf({ command: type, outcome }: Cause, commands: Commands): Words {
  const command = commands.get(type);
  if (!command) return { zh: type, en: type };
  if (outcome === undefined) return command.summary;
  if (outcome === 'done') return joined(command.summary, DONE);
  const refused = command.rejections[outcome] ?? platformRefusals[outcome as keyof typeof platformRefusals];
  return joined(command.summary, refused ?? { zh: outcome, en: outcome });
}
