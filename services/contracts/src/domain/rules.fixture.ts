import type { DataOf } from '@yuzhi/protocol/declare';
import type { rules } from '@yuzhi/protocol/oversight';

type Row = DataOf<typeof rules>;
type Unit = Row['versions'][number]['unit'];

const VALUES: [id: string, value: string, unit: Unit][] = [
  ['contracts.sign-working-days', '5', 'working-days'],
  ['contracts.pay-working-days', '6', 'working-days'],
  ['contracts.file-working-days', '10', 'working-days'],
  ['contracts.hand-over-working-days', '7', 'working-days'],
  ['contracts.release-working-days', '3', 'working-days'],
  ['contracts.refund-working-days', '4', 'working-days'],
  ['contracts.annuity-notice-days', '90', 'days'],
  ['contracts.cure-days', '15', 'days'],
  ['contracts.long-stop-days', '180', 'days'],
  ['contracts.machines-seconds', '1800', 'seconds'],
  ['contracts.ask-again-seconds', '43200', 'seconds'],
  ['contracts.late-per-day-bps', '5', 'bps'],
  ['contracts.earnest-max-bps', '2000', 'bps'],
  ['escrow.inventor-floor-bps', '5000', 'bps'],
  ['escrow.inventor-floor-bps.41', '7000', 'bps'],
  ['contracts.inventor-pay-months', '9', 'months'],
  ['contracts.inventor-pay-months.41', '6', 'months'],
  ['contracts.net-income-deducts', 'fee,costs', 'list'],
];

/** The rules of a deal as oversight publishes them, each with a value of its own where the unit allows it. */
export const ruleRows = (): Row[] =>
  VALUES.map(([id, value, unit]) => ({
    id,
    rulebook: '2026.11-3',
    versions: [
      {
        id,
        value,
        unit,
        source: { zh: '《河南省促进科技成果转化条例》第四十条', en: 'Henan Regulations, art. 40' },
        status: 'law',
        from: '2020-01-01',
        to: null,
      },
    ],
  }));
