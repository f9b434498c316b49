import { Rulebook } from '@yuzhi/chassis/rulebook';
import { accept, follow, refuse, type Sent } from '@yuzhi/messaging/decision';
import { Handle, On, Wakes } from '@yuzhi/messaging/handlers';
import type { DataOf } from '@yuzhi/protocol/declare';
import {
  confirmPatent,
  filingOverdue,
  filingRefused,
  filingRegistered,
  filingSubmitted,
  importPatent,
  mirrorPatent,
  openFiling,
  ownerChanged,
  patentMirrored,
  recordFiling,
  refreshPatent,
  releasePatent,
  reservePatent,
  wakeFiling,
} from '@yuzhi/protocol/register';
import { Injectable } from '@nestjs/common';
import { checked, type Filing, opened, recorded } from './domain/filing.ts';
import { askedAgain, changed, mirrored, obstacleOf, ownersDiffer, type Patent, requested } from './domain/patent.ts';
import { FilingStore, PatentStore } from './register.store.ts';

const DAY_MS = 86_400_000;

@Injectable()
export class PatentHandlers {
  @Handle(importPatent, PatentStore)
  import(patent: Patent | undefined, { key }: Sent<typeof importPatent>, now: number) {
    const answer = { patentNumber: key };
    if (!patent) return accept(requested(key, now), answer);
    if (patent.state === 'mirrored') return refuse('patent-already-mirrored');
    return accept(askedAgain(patent), answer);
  }

  @Handle(refreshPatent, PatentStore)
  refresh(patent: Patent | undefined) {
    if (!patent) throw new Error('a change of a patent that the mirror does not hold');
    return accept(patent.stale ? patent : changed(patent, { stale: true }));
  }
  @On(filingRegistered)
  onRegistered({ patentNumber }: DataOf<typeof filingRegistered>) {
    return follow(refreshPatent, patentNumber, { patentNumber });
  }

  @Handle(mirrorPatent, PatentStore)
  mirror(patent: Patent | undefined, { data: { entry } }: Sent<typeof mirrorPatent>, now: number) {
    if (!patent) throw new Error('an answer of the office that nobody asked for');
    const after = mirrored(patent, entry, now);
    const decision = accept(after);
    if (!after.entry || after.entry === patent.entry) return decision;
    const { patentNumber, title, status, officeVersion, owners } = after.entry;
    decision.tell(patentMirrored, { patentNumber, title: title.zh, status, officeVersion });
    return ownersDiffer(patent.entry, after.entry) ? decision.tell(ownerChanged, { patentNumber, owners }) : decision;
  }

  @Handle(reservePatent, PatentStore)
  reserve(patent: Patent | undefined, { data: { saleId, seller } }: Sent<typeof reservePatent>) {
    if (patent?.reservedBy === saleId) return accept(patent, patent.entry);
    if (patent?.reservedBy) return refuse('patent-reserved');
    if (!patent?.entry) return refuse('patent-unknown');
    const obstacle = obstacleOf(patent.entry, seller);
    return obstacle ? refuse(obstacle) : accept(changed(patent, { reservedBy: saleId }), patent.entry);
  }

  @Handle(confirmPatent, PatentStore)
  confirm(patent: Patent | undefined, { data: { saleId, seller } }: Sent<typeof confirmPatent>) {
    if (!patent?.entry || patent.reservedBy !== saleId) throw new Error(`${saleId} does not hold the patent`);
    const obstacle = obstacleOf(patent.entry, seller);
    return obstacle ? refuse(obstacle) : accept(patent, patent.entry);
  }

  @Handle(releasePatent, PatentStore)
  release(patent: Patent | undefined, { data: { saleId } }: Sent<typeof releasePatent>) {
    if (!patent) throw new Error(`${saleId} gives back a patent that the mirror does not hold`);
    return accept(patent.reservedBy === saleId ? changed(patent, { reservedBy: null }) : patent, {});
  }
}

@Injectable()
export class FilingHandlers {
  constructor(private readonly rulebook: Rulebook) {}

  @Handle(openFiling, FilingStore)
  open(filing: Filing | undefined, { data }: Sent<typeof openFiling>, now: number) {
    if (filing) return accept(filing, { saleId: data.saleId });
    const dueAt = now + this.rulebook.int('register.filing-decision-days', now) * DAY_MS;
    const filed = opened(data, now, { dueAt, rulebookVersion: this.rulebook.version() });
    return accept(filed, { saleId: data.saleId });
  }

  @Handle(recordFiling, FilingStore)
  record(filing: Filing | undefined, { data }: Sent<typeof recordFiling>, now: number) {
    if (!filing) throw new Error(`${data.saleId}: an answer of the office without its filing`);
    const nextAt = now + this.rulebook.int('register.filing-check-days', now) * DAY_MS;
    const after = recorded(filing, data, nextAt);
    if (!after) return accept(filing);
    const { saleId, patentNumber } = after;
    const decision = accept(after);
    const { officeReference, registeredOn, noticeNumber, owner, reason } = data;
    if (filing.state === 'opened') decision.tell(filingSubmitted, { saleId, patentNumber, officeReference }, saleId);
    if (after.state === 'registered') {
      const notice = { registeredOn: registeredOn!, noticeNumber: noticeNumber! };
      decision.tell(filingRegistered, { saleId, patentNumber, owner, ...notice }, saleId);
    }
    if (after.state === 'refused' || after.state === 'defective') {
      decision.tell(filingRefused, { saleId, patentNumber, reason: reason ?? after.state }, saleId);
    }
    return decision;
  }

  @Wakes(wakeFiling, FilingStore)
  @Handle(wakeFiling, FilingStore)
  wake(filing: Filing | undefined, _: Sent<typeof wakeFiling>, now: number) {
    if (!filing) throw new Error('a deadline without its filing');
    if (filing.deadlineAt === null || filing.deadlineAt > now) return accept(filing);
    const after = checked(filing, now);
    const { saleId, patentNumber, dueAt } = filing;
    const decision = accept(after);
    return after.overdue && !filing.overdue
      ? decision.tell(filingOverdue, { saleId, patentNumber, dueAt }, saleId)
      : decision;
  }
}
