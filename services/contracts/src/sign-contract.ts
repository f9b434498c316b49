import { HeldTables } from '@yuzhi/chassis/parts';
import { READER } from '@yuzhi/chassis/service';
import type { Reader } from '@yuzhi/database/store';
import { type Follow, follow } from '@yuzhi/messaging/decision';
import type { Errand, Pending } from '@yuzhi/messaging/errands';
import { recordSignature } from '@yuzhi/protocol/contracts';
import { organisations, people } from '@yuzhi/protocol/identity';
import { Inject, Injectable } from '@nestjs/common';
import { dealsWaitingFor } from './deals.store.ts';
import { SIGNATURES, type SignatureProvider } from './documents/signature-provider.ts';
import { type Deal, type Side, SIDES, type Will } from './domain/deal.ts';

interface Task {
  saleId: string;
  side: Side;
  party: string;
  contentHash: string;
  will: Will;
}

/** Has the provider sign for a side whose signatory wants it. */
@Injectable()
export class SignContract implements Errand<Task> {
  readonly name = 'sign-contract';

  constructor(
    @Inject(READER) private readonly reader: Reader,
    @Inject(SIGNATURES) private readonly provider: SignatureProvider,
    private readonly tables: HeldTables,
  ) {}

  async pending(limit: number): Promise<Pending<Task>[]> {
    const deals = await dealsWaitingFor(this.reader, 'sign', limit);
    return deals.flatMap(tasksOf).slice(0, limit);
  }

  async run({ saleId, side, party, contentHash, will }: Task): Promise<Follow> {
    const personName = this.tables.of(people).get(will.person)?.name;
    const partyName = this.tables.of(organisations).get(party)?.name ?? this.tables.of(people).get(party)?.name;
    if (!personName || !partyName) throw new Error(`nobody knows the name of ${will.person} or ${party}`);
    const { certificatePem, signature, algorithm, at } = await this.provider.sign({
      documentHash: contentHash,
      signer: { personId: will.person, personName, partyId: party, partyName },
      consent: { at: will.at, method: 'signed-in', evidence: will.evidence },
    });
    const names = { signerName: personName, partyName };
    const consent = { consentAt: will.at, consentEvidence: will.evidence };
    const made = { certificatePem, signature, algorithm, at, ...names, ...consent };
    return follow(recordSignature, saleId, { saleId, side, signature: made });
  }
}

const tasksOf = ({ saleId, signing, contract, ...parties }: Deal): Pending<Task>[] =>
  SIDES.flatMap((side) => {
    const wanted = signing[side];
    if (!wanted || wanted.signature) return [];
    const task = { saleId, side, party: parties[side], contentHash: contract!.contentHash, will: wanted.will };
    return [{ id: `${saleId}/${side}`, attempt: 1, task }];
  });
