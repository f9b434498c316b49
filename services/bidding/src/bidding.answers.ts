import { accept, type AnswerTable, type Decision } from '@yuzhi/messaging/decision';
import { Answers } from '@yuzhi/messaging/handlers';
import { applyDeposit, returnDeposit } from '@yuzhi/protocol/escrow';
import { Injectable } from '@nestjs/common';
import { AuctionStore } from './auction.store.ts';
import type { DepositAnswer } from './domain/deposit.ts';
import { answerDeposit, failDeposit, type Lot } from './domain/lot.ts';
import { follows } from './follows.ts';

type Asked = { party: string };

/** An answer that comes late or again no longer fits, and changes nothing. */
const answered =
  (answer: DepositAnswer) =>
  (lot: Lot, _: unknown, now: number, { party }: Asked): Decision<Lot> => {
    const step = answerDeposit(lot, party, answer, now);
    return step ? follows(accept(step.lot), step) : accept(lot);
  };
const failed = (lot: Lot, { code }: { code: string }, now: number, { party }: Asked): Decision<Lot> => {
  const step = failDeposit(lot, party, code, now);
  return step ? follows(accept(step.lot), step) : accept(lot);
};

/** What escrow says about the deposits that bidding lets go. */
@Injectable()
export class BiddingAnswers {
  @Answers(returnDeposit, AuctionStore)
  readonly returned: AnswerTable<Lot, typeof returnDeposit> = {
    accepted: answered('released'),
    refused: {},
    failed,
  };

  @Answers(applyDeposit, AuctionStore)
  readonly applied: AnswerTable<Lot, typeof applyDeposit> = {
    accepted: answered('applied'),
    refused: {},
    failed,
  };
}
