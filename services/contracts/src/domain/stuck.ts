import type { Words } from '@yuzhi/protocol/declare';
import { escrowRefusals } from '@yuzhi/protocol/escrow';
import { platformRefusals } from '@yuzhi/protocol/platform';
import { registerRefusals } from '@yuzhi/protocol/register';
import type { DealState } from './deal.ts';

export const OVERDUE: Record<Exclude<DealState, 'closed'>, Words> = {
  confirming: { zh: '登记簿核对逾时未完成。', en: 'The register did not confirm the patent in time.' },
  drafting: { zh: '合同文本逾时未生成。', en: 'The contract was not drawn up in time.' },
  signing: { zh: '签署期限已过；补签后继续。', en: 'The time to sign has passed; a late signature still counts.' },
  sealing: { zh: '合同逾时未封存。', en: 'The contract was not sealed in time.' },
  expecting: { zh: '价款托管逾时未建立。', en: 'The escrow of the price was not opened in time.' },
  paying: { zh: '付款期限已过；补足后继续。', en: 'The time to pay has passed; a late payment still counts.' },
  filing: { zh: '转让登记逾期未提交。', en: 'The transfer was not filed in time.' },
  registering: { zh: '约定期限内转让未获登记。', en: 'The transfer was not registered within the agreed time.' },
  releasing: { zh: '放款逾期未完成。', en: 'The price was not released in time.' },
  'paying-out': { zh: '款项逾期未全部付出。', en: 'The money was not all paid out in time.' },
};

const REFUSED: Record<string, Words> = { ...registerRefusals, ...escrowRefusals, ...platformRefusals };

/** Words for a refusal of another service; one of no catalogue is a fault of ours. */
export function refusedWords(code: string): Words {
  const { zh, en } = REFUSED[code] ?? platformRefusals['internal-fault'];
  return { zh, en };
}

export const TO_ANOTHER: Words = {
  zh: '登记簿显示的权利人不是本合同的买方，款项继续托管；请联系平台核查。',
  en: 'The register shows another owner than the buyer; the money stays in escrow. Contact the desk.',
};
export const officeRefused = (reason: string): Words => ({
  zh: `登记申请未获通过：${reason}`,
  en: `The filing was refused: ${reason}`,
});
