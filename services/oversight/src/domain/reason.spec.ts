import { describe, expect, it } from '@jest/globals';
import { declarations } from '@yuzhi/protocol/catalogue';
import { confirmPatent, registerRefusals } from '@yuzhi/protocol/register';
import { joined, reasonOf } from './reason.ts';

const commands = new Map(declarations('command').map((command) => [command.type, command]));
const { type, summary } = confirmPatent;

describe('the reason of an event', () => {
  it('is the command that was decided, in its own words', () => {
    expect(reasonOf({ command: type }, commands)).toEqual(summary);
  });

  it('is what became of the command that another service was asked', () => {
    const done = { zh: `${summary.zh}：已完成`, en: `${summary.en}: done` };
    expect(reasonOf({ command: type, outcome: 'done' }, commands)).toEqual(done);
    const pledged = reasonOf({ command: type, outcome: 'patent-pledged' }, commands);
    expect(pledged).toEqual(joined(summary, registerRefusals['patent-pledged']));
    expect(reasonOf({ command: type, outcome: 'internal-fault' }, commands).zh).toMatch(`${summary.zh}：`);
  });

  it('is a code where nobody has words for it', () => {
    expect(reasonOf({ command: type, outcome: 'gone' }, commands).en).toBe(`${summary.en}: gone`);
    expect(reasonOf({ command: 'gone.v1' }, commands)).toEqual({ zh: 'gone.v1', en: 'gone.v1' });
  });
});
