import { NetDeduction } from '@yuzhi/protocol/escrow';
import { CivilDate, Fen, line, PartyId, PositiveFen, SaleId } from '@yuzhi/protocol/scalars';
import { z } from 'zod';
import { earnestMoney } from './earnest-money.ts';

const bilingual = (max: number) => z.strictObject({ zh: line(max), en: line(max) });
const count = (max: number) => z.int().min(1).max(max);
const bps = z.int().min(0).max(10_000);
const PatentNumber = z.string().regex(/^(\d{8}|\d{12})\.[\dX]$/, 'a patent number such as 201710601862.3');

const Party = z
  .strictObject({
    name: line(120),
    /** A unified social credit code, or the platform's id of a verified natural person. */
    id: PartyId,
    /** Null for a natural person, of whom the platform knows the name only. */
    legalRepresentative: line(60).nullable(),
    address: line(200).nullable(),
  })
  .refine(
    (p) => [p.legalRepresentative, p.address].every((known) => (p.id.length === 18) === (known !== null)),
    'organisations, and only they, have a legal representative and an address',
  );

const Patent = z
  .strictObject({
    number: PatentNumber,
    title: line(200),
    kind: z.enum(['invention', 'utility-model', 'design']),
    filingDate: CivilDate,
    grantDate: CivilDate,
    expiresOn: CivilDate,
  })
  .refine((p) => p.filingDate <= p.grantDate && p.grantDate < p.expiresOn, 'dates out of order');

const Encumbrance = z.strictObject({
  kind: z.enum(['ordinary-licence', 'sole-licence', 'exclusive-licence', 'open-licence', 'pledge']),
  patentNumber: PatentNumber,
  /** Null where the register names nobody, as with an open licence. */
  holder: line(120).nullable(),
  until: CivilDate.nullable(),
});

/** The parties' own periods and rate; the rulebook bounds them before they come here. */
const Terms = z.strictObject({
  payWithinWorkingDays: count(250),
  fileWithinWorkingDays: count(250),
  handOverWithinWorkingDays: count(250),
  releaseWithinWorkingDays: count(250),
  refundWithinWorkingDays: count(250),
  annuityNoticeDays: count(365),
  cureDays: count(365),
  longStopDays: count(1_000),
  latePerDayBps: bps,
  /** The most of the price that can have the effect of earnest money. */
  earnestCapBps: bps,
});

/** All that is agreed in a patent transfer. Amounts in fen as digit strings, rates in basis points. */
export const TransferContractInput = z
  .strictObject({
    template: z.strictObject({ id: z.literal('patent-transfer'), version: count(10_000) }),
    contractNumber: line(40),
    saleId: SaleId,
    platform: bilingual(80),
    route: z.enum(['online-bidding', 'listed-price', 'negotiation']),
    /** All co-owners: a transfer needs every one of them (Patent Law, art. 14). */
    transferors: z.array(Party).min(1).max(20),
    transferee: Party,
    patents: z.array(Patent).min(1).max(100),
    priceFen: PositiveFen,
    /** The bidder's deposit (保证金) set off against the price; "0" when there is none. */
    depositFen: Fen,
    earnestMoney: z.strictObject({ agreedFen: PositiveFen }).nullable(),
    terms: Terms,
    encumbrances: z.array(Encumbrance).max(200),
    /** The least share of net income the completers receive, with its legal basis; null where no rule applies. */
    inventorReward: z
      .strictObject({
        shareBps: bps,
        withinMonths: count(60),
        basis: bilingual(300),
        netDeducts: z.array(NetDeduction),
        costs: z.array(z.strictObject({ what: line(100), amountFen: PositiveFen })).max(20),
      })
      .nullable(),
    /** Why there is none; null where there is one. */
    noRewardBecause: line(200).nullable(),
    dispute: z.strictObject({ mode: z.enum(['court', 'arbitration']), forum: bilingual(120) }),
    datedOn: CivilDate,
    rulebookVersion: line(60),
  })
  .refine((c) => (c.inventorReward === null) === (c.noRewardBecause !== null), 'a reward, or why there is none')
  .refine((c) => allDistinct([...c.transferors, c.transferee].map((p) => p.id)), 'a party stands on one side, once')
  .refine((c) => allDistinct(c.patents.map((p) => p.number)), 'a patent is transferred once')
  .refine(
    (c) => c.encumbrances.every((e) => c.patents.some((p) => p.number === e.patentNumber)),
    'an encumbrance lies on a patent of this contract',
  )
  .refine(
    (c) => BigInt(c.depositFen) + BigInt(c.earnestMoney?.agreedFen ?? 0) <= BigInt(c.priceFen),
    'deposit and earnest money exceed the price',
  );
export type TransferContractInput = z.infer<typeof TransferContractInput>;

const allDistinct = (values: string[]) => new Set(values).size === values.length;

/** What the price is made of; deposit + earnest + prepayment + balance = price. Digit strings in fen. */
export function amountsOf(contract: TransferContractInput) {
  const { priceFen, depositFen, earnestMoney: agreed, terms } = contract;
  const split = agreed && earnestMoney(BigInt(priceFen), BigInt(agreed.agreedFen), terms.earnestCapBps);
  return {
    earnestFen: String(split?.earnestFen ?? 0n),
    prepaymentFen: String(split?.prepaymentFen ?? 0n),
    sellerBreachFen: String(split?.sellerBreachFen ?? 0n),
    balanceFen: String(BigInt(priceFen) - BigInt(depositFen) - BigInt(agreed?.agreedFen ?? 0)),
  };
}
