import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import {
  AnnuityControl,
  DecisionControl,
  DelayControl,
  EncumbranceControl,
  FaultControl,
  ReleaseControl,
  StatusControl,
} from './control-wire.ts';
import { type Desk, enter } from './desk.ts';
import type { Faults } from './faults.ts';
import { isDecided, register, turnDown } from './filing.ts';
import { examinersDecision, groundAgainst } from './grounds.ts';
import { Refused } from './office-refusals.ts';
import type { OfficeStore } from './office-store.ts';
import {
  addEncumbrance,
  endRight,
  payAnnuity,
  type Patent,
  putOnRegister,
  removeEncumbrance,
  restore,
  type Step,
} from './patent.ts';
import { NumberParams } from './register-routes.ts';
import { NewPatents, type NewPatent } from './wire.ts';

/** Those already on the register stay as they are, so that a demonstration may be set up again and again. */
function putAll(desk: Desk, patents: readonly NewPatent[]): { added: number; kept: number } {
  const unknown = patents.filter(({ number }) => !desk.patents.has(number));
  // All are checked before the first is entered.
  unknown.map((given) => putOnRegister(given, desk.today)).forEach((step) => enter(desk, step));
  return { added: unknown.length, kept: patents.length - unknown.length };
}

function statusStep(p: Patent, control: StatusControl, today: string): Step {
  if (control.act === 'restoration') return restore(p, today);
  if (control.act !== 'preservation') return endRight(p, control.act, today);
  return addEncumbrance(p, { ...control, kind: 'preservation', licenceKind: null }, today);
}

function annuityWork(desk: Desk, p: Patent, { act }: z.output<typeof AnnuityControl>): void {
  if (act === 'pay') enter(desk, payAnnuity(p, desk.today));
  else desk.patents.set(p.number, { ...p, payingSince: act === 'resume' ? desk.today : null });
}

function decide(desk: Desk, id: string, { outcome, reason }: z.output<typeof DecisionControl>): void {
  const filing = desk.filings.get(id);
  if (!filing) throw new Refused('filing-unknown');
  if (isDecided(filing)) throw new Refused('filing-already-decided', { state: filing.state });
  if (outcome !== 'registered') {
    const given = reason ? { code: examinersDecision.code, ...reason } : examinersDecision;
    desk.filings.set(id, turnDown(filing, outcome, given, desk.today));
    return;
  }
  const patent = desk.patents.get(filing.number)!;
  const ground = groundAgainst(filing, patent);
  if (ground) throw new Refused('not-registrable', { reason: ground.reason });
  const { filing: registered, step } = register(filing, patent, desk.today);
  desk.filings.set(id, registered);
  enter(desk, step!);
}

function patentRoutes(app: FastifyInstance, store: OfficeStore): void {
  const route = (path: string, work: (desk: Desk, patent: Patent, body: unknown) => void) =>
    app.post(`/_office/patents/:number/${path}`, async (request) => {
      const { number } = NumberParams.parse(request.params);
      await store.write({ numbers: [number] }, (desk) => {
        const patent = desk.patents.get(number);
        if (!patent) throw new Refused('not-on-register');
        work(desk, patent, request.body);
      });
      return store.extract(number);
    });

  app.post('/_office/patents', async (request) => {
    const { patents } = NewPatents.parse(request.body);
    return store.write({ numbers: patents.map(({ number }) => number) }, (desk) => putAll(desk, patents));
  });
  route('encumbrances', (desk, patent, body) => {
    const release = ReleaseControl.safeParse(body).data?.release;
    if (release !== undefined) enter(desk, removeEncumbrance(patent, release, desk.today));
    else enter(desk, addEncumbrance(patent, EncumbranceControl.parse(body), desk.today));
  });
  route('annuity', (desk, patent, body) => annuityWork(desk, patent, AnnuityControl.parse(body)));
  route('status', (desk, patent, body) => {
    enter(desk, statusStep(patent, StatusControl.parse(body), desk.today));
  });
}

/** What moves this office by hand; the real one has nothing like it. */
export function controlRoutes(app: FastifyInstance, store: OfficeStore, faults: Faults): void {
  patentRoutes(app, store);

  app.post<{ Params: { id: string } }>('/_office/filings/:id/decide', async (request) => {
    const { id } = request.params;
    const control = DecisionControl.parse(request.body);
    await store.write({ filingId: id }, (desk) => decide(desk, id, control));
    return store.filing(id);
  });

  app.post('/_office/delay', async (request) => {
    const { days } = DelayControl.parse(request.body);
    await store.write({}, (desk) => void (desk.delayDays = days));
    return { delayDays: days };
  });

  app.post('/_office/faults', async (request) => {
    const { mode, count } = FaultControl.parse(request.body);
    Object.assign(faults, { mode, left: count });
    return { faults };
  });

  app.get('/_office/summary', async () => ({ ...(await store.summary()), faults }));
}
