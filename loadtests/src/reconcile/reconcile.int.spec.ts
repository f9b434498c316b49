import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { CHECKS, asText, reconcile } from './reconcile.ts';
import { type Fault, rowFaults } from './row-faults.fixture.ts';
import { ADMITTED, JOURNALS, LOT, P1, P2, World } from './world.fixture.ts';

let world: World;
beforeAll(async () => void (world = await World.open()), 60_000);
beforeEach(() => world.restore());
afterAll(() => world.close());

/** A command of listings that register filed. */
const filed = (outcome: object) =>
  world.run(
    'register',
    `insert into inbox (asked, party, aggregate, idempotency_key, filed_on, command_id, type, input_hash, outcome,
       decided_at)
     values (gen_random_uuid(), 'service:listings', 'CN1', 'k', '2026-11-24', gen_random_uuid(),
       'register.patent.release.v1', 'h', $1, now())`,
    JSON.stringify(outcome),
  );
const verdict = () => reconcile(world.evidence());
const agoMs = (ms: number) => new Date(Date.now() - ms);

const acknowledged: Fault[] = [
  {
    what: 'an acknowledged operation that is missing',
    plant: () => world.run('bidding', `delete from inbox where idempotency_key = 'key-3'`),
    by: ['acknowledged-once'],
    row: `bidding.inbox ${P2} ${LOT} key-3`,
  },
  {
    what: 'an operation that was decided twice',
    plant: () =>
      world.run(
        'bidding',
        `insert into inbox (asked, party, aggregate, idempotency_key, filed_on, command_id, type, input_hash, outcome,
           decided_at)
         select asked, party, aggregate, idempotency_key, '2026-11-25', gen_random_uuid(), type,
           input_hash, outcome, decided_at from inbox where idempotency_key = 'key-3'`,
      ),
    by: ['acknowledged-once', 'inbox-sound'],
    row: `bidding.inbox ${P2} ${LOT} key-3`,
  },
  {
    what: 'another outcome than was answered',
    plant: () =>
      world.run(
        'bidding',
        `update inbox set outcome = '{"status":409,"code":"auction-ended","body":{}}' where idempotency_key = 'key-4'`,
      ),
    by: ['acknowledged-outcome'],
    row: `bidding.inbox ${P1} ${LOT} key-4`,
  },
  {
    what: 'another body than was answered',
    plant: () =>
      world.run(
        'bidding',
        `update inbox set outcome = jsonb_set(outcome::jsonb, '{body,nextValidFen}', '"230"')::json
         where idempotency_key = 'key-4'`,
      ),
    by: ['acknowledged-outcome'],
    row: `bidding.inbox ${P1} ${LOT} key-4`,
  },
  {
    what: 'decisions in another order than their clients heard of them',
    plant: () =>
      world.run('bidding', `update inbox set decided_at = decided_at - interval '4 s' where idempotency_key = 'key-4'`),
    by: ['acknowledged-order'],
    row: `bidding.inbox ${P1} ${LOT} key-4`,
  },
  {
    what: 'numbers in another order than their bidders heard of them',
    plant: async () => {
      const [three, five] = ['key-3', 'key-5'].map((key) => world.acknowledged.find((a) => a.idempotencyKey === key)!);
      [three!.sentAt, five!.sentAt] = [five!.sentAt, three!.sentAt];
      [three!.answeredAt, five!.answeredAt] = [five!.answeredAt, three!.answeredAt];
      await world.run(
        'bidding',
        `update inbox i set decided_at = o.decided_at from inbox o
         where (i.idempotency_key, o.idempotency_key) in (('key-3', 'key-5'), ('key-5', 'key-3'))`,
      );
    },
    by: ['acknowledged-bids-in-order'],
    row: `bidding.inbox ${P2} ${LOT} key-3`,
  },
];

const deposit = `deposit:${LOT}:${P1}`;
const books: Fault[] = [
  {
    what: 'I1: two journals that do not balance, though their sum does',
    plant: async () => {
      await world.run(
        'escrow',
        `update entry set amount_fen = amount_fen - 1 where journal_id = $1 and line = 1`,
        JOURNALS[1],
      );
      await world.run(
        'escrow',
        `update entry set amount_fen = amount_fen + 1, balance_after = balance_after + 1
         where journal_id = $1 and line = 1`,
        JOURNALS[0],
      );
    },
    by: ['ledger-i1-journal-zero'],
    row: `escrow.journal ${JOURNALS[0]}`,
  },
  {
    what: 'I2: an account of another currency',
    plant: () => world.run('escrow', `update account set currency = 'USD' where code = 'expense:psp'`),
    by: ['ledger-i2-book-zero'],
    row: 'escrow.account * CNY',
  },
  {
    what: 'I3: balances that are no sums of entries',
    plant: () =>
      world.run(
        'escrow',
        `update account set posted_fen = posted_fen + case code when 'expense:psp' then 1 else -1 end
         where code in ('expense:psp', 'suspense:x')`,
      ),
    by: ['ledger-i3-balance-is-sum'],
    row: 'escrow.account expense:psp',
  },
  {
    what: 'I4: more held than is there',
    plant: async () => {
      await world.run('escrow', 'update account set held_fen = 9000 where code = $1', deposit);
      await world.run(
        'escrow',
        `insert into hold (id, account, amount_fen, status, placed_at, expires_at, resolved_at, captured_fen,
           journal_id, version)
         values ('h', $1, 9000, 'PENDING', now(), null, null, null, null, 1)`,
        deposit,
      );
    },
    by: ['ledger-i4-guarded-not-negative'],
    row: `escrow.account ${deposit}`,
  },
  {
    what: 'I5: held without a hold',
    plant: () => world.run('escrow', 'update account set held_fen = 5 where code = $1', deposit),
    by: ['ledger-i5-held-is-pending'],
    row: `escrow.account ${deposit}`,
  },
  {
    what: 'I6: a gap in the entries of an account',
    plant: () =>
      world.run('escrow', `update entry set account_version = 3 where journal_id = $1 and line = 1`, JOURNALS[1]),
    by: ['ledger-i6-entries-gapless'],
    row: 'escrow.entry psp:stripe 3',
  },
  {
    what: 'I7: a journal without lines',
    plant: () =>
      world.run(
        'escrow',
        `insert into journal (id, sale_id, kind, ref, actor, effective_at, booked_at, reverses)
         values ($1, null, 'release', 'r', 'a', now(), now(), null)`,
        LOT,
      ),
    by: ['ledger-i7-journal-not-empty'],
    row: `escrow.journal ${LOT}`,
  },
  {
    what: 'I8: a capture without its journal',
    plant: () =>
      world.run(
        'escrow',
        `insert into hold (id, account, amount_fen, status, placed_at, expires_at, resolved_at, captured_fen,
           journal_id, version)
         values ('h', $1, 5, 'CAPTURED', now(), null, now(), 5, $2, 2)`,
        ...[deposit, LOT],
      ),
    by: ['ledger-i8-capture-has-journal'],
    row: 'escrow.hold h',
  },
  {
    what: 'a doubled posting that keeps every law of the book',
    plant: async () => {
      await world.run(
        'escrow',
        `insert into journal (id, sale_id, kind, ref, actor, effective_at, booked_at, reverses)
         select $2, sale_id, kind, ref, actor, effective_at, booked_at, null
        from journal where id = $1`,
        JOURNALS[0],
        LOT,
      );
      await world.run(
        'escrow',
        `insert into entry (journal_id, line, account, amount_fen, balance_after, account_version)
         select $2, e.line, e.account, e.amount_fen, a.posted_fen + e.amount_fen,
        a.version + 1 from entry e join account a on a.code = e.account where e.journal_id = $1`,
        JOURNALS[0],
        LOT,
      );
      await world.run(
        'escrow',
        `update account a set posted_fen = posted_fen + e.amount_fen, version = version + 1
        from entry e where e.journal_id = $1 and e.account = a.code`,
        LOT,
      );
    },
    by: ['ledger-booked-once', 'deposits-booked', 'rail-balance', 'rail-payments'],
    row: `escrow.journal ${JOURNALS[0]}`,
  },
];

const edited: Fault[] = [
  {
    what: 'a sealed journal that a superuser has given another author',
    plant: async () => {
      await world.seal('escrow', 'journal');
      await world.run('escrow', `update journal set actor = 'somebody else' where id = $1`, JOURNALS[1]);
    },
    by: ['journals-sealed'],
    row: `escrow.journal ${JOURNALS[1]}`,
  },
  {
    what: 'a byte of a document',
    plant: () =>
      world.run('contracts', `insert into file (sha256, media_type, bytes) values ('feed', 'application/pdf', 'x')`),
    by: ['files-whole'],
    row: 'contracts.file feed',
  },
  {
    what: 'an entry of the record that a superuser has given another actor',
    plant: () => world.run('oversight', `update sale_record set actor = '{"party":"x","person":"x"}'`),
    by: ['record-is-the-log'],
    row: `oversight.sale_record ${ADMITTED}`,
  },
  {
    what: 'an entry that was taken out of the record',
    plant: () => world.run('oversight', 'delete from sale_record'),
    by: ['record-is-the-log'],
    row: `oversight.sale_record ${ADMITTED}`,
  },
  {
    what: 'an entry of the record that never happened',
    plant: () =>
      world.run(
        'oversight',
        `insert into sale_record (event_id, sale_id, at, type, zh, en, audience, actor)
         select $1, sale_id, at, type, zh, en, audience, actor from sale_record`,
        JOURNALS[0],
      ),
    by: ['record-is-the-log'],
    row: `oversight.sale_record ${JOURNALS[0]}`,
  },
];

const others: Fault[] = [
  {
    what: 'a deposit that escrow has returned and bidding calls held',
    plant: () =>
      world.run(
        'escrow',
        `update payment_order set state = jsonb_set(state, '{state}', '"returned"') where payer = $1`,
        P1,
      ),
    by: ['deposits-agree'],
    row: `bidding.bidder ${LOT} ${P1}`,
  },
  {
    what: 'a deal that is closed and was never paid',
    plant: () =>
      world.run(
        'contracts',
        `insert into deal (sale_id, seller, buyer, status, stuck, opened_at, version, state)
         values ($1, 's', 'b', 'closed', false, now(), 1, '{}')`,
        LOT,
      ),
    by: ['deals-agree'],
    row: `contracts.deal ${LOT}`,
  },
  {
    what: 'a payment on the rail that nobody booked',
    plant: () => world.statement.payments.push({ id: 'pi_3', amountFen: 5n, reference: '' }),
    by: ['rail-payments'],
    row: 'rail pi_3',
  },
  {
    what: 'another balance on the rail',
    plant: () => (world.statement.balanceFen -= 1n),
    by: ['rail-balance'],
    row: 'escrow.account psp:*',
  },
  {
    what: 'a payout that no bank took',
    plant: () =>
      world.run(
        'escrow',
        `insert into rail_operation (id, sale_id, kind, status, attempt, rail_id, made_at, version, state)
         values ('payout:1', null, 'payout', 'done', 1, 'po_1', now(), 1, '{"amountFen":"7"}')`,
      ),
    by: ['rail-payouts'],
    row: 'escrow.rail_operation po_1',
  },
  {
    what: 'a registration that the office refused',
    plant: () => world.filings.set('DEMO-1', { state: 'refused', number: 'CN1', to: [] }),
    by: ['office-registrations'],
    row: `register.filing ${LOT}`,
  },
  {
    what: 'a process past its deadline',
    plant: () => world.run('bidding', 'update auction set deadline_at = $2 where sale_id = $1', LOT, agoMs(120_000)),
    by: ['nothing-overdue'],
    row: `bidding.auction ${LOT}`,
  },
  {
    what: 'a deposit that waits for a person',
    plant: () => world.run('bidding', `update bidder set stuck = 'rail-error' where party = $1`, P1),
    by: ['nothing-stuck'],
    row: `bidding.bidder ${LOT} ${P1}`,
  },
  {
    what: 'a message of the outbox that the log does not have',
    plant: () =>
      world.run(
        'listings',
        `insert into outbox (partition, topic, key, value) values (0, 'listings.events', 'k', 'v')`,
      ),
    by: ['outbox-empty'],
    row: 'listings.outbox ',
  },
  {
    what: 'an outcome whose status and code do not fit each other',
    plant: () => filed({ status: 500, code: 'order-not-payable', body: {} }),
    by: ['inbox-sound'],
    row: 'register.inbox service:listings CN1 k',
  },
  {
    what: 'a command that was set aside',
    plant: () =>
      world.run(
        'identity',
        `insert into quarantine (topic, partition, message_offset, kind, key, value, error)
         values ('identity.commands', 0, 7, 'command', 'k', '{}', E'Error: x\\n at')`,
      ),
    by: ['quarantine-empty'],
    row: 'identity.quarantine identity.commands/0 7',
  },
  {
    what: 'an event that is parked',
    plant: () =>
      world.run(
        'oversight',
        `insert into quarantine (topic, partition, message_offset, kind, key, value, error)
         values ('escrow.events', 1, 8, 'event', 'k', '{}', 'Error: x')`,
      ),
    by: ['dead-letters-empty'],
    row: 'oversight.quarantine escrow.events/1 8',
  },
  {
    what: 'a command that nobody decided',
    plant: () => world.broker.append({ topic: 'identity.commands', key: 'k', value: '{}', partition: 2 }),
    by: ['commands-decided'],
    row: 'identity.consumer_offset identity.commands/2',
  },
];

describe('the reconciler', () => {
  it('finds nothing where everything is as it should be', async () => {
    const { isGreen, checks, notCompared } = await verdict();
    expect(checks.filter(({ findings }) => findings.length)).toEqual([]);
    expect({ isGreen, notCompared, run: checks.length }).toEqual({
      isGreen: true,
      notCompared: [],
      run: CHECKS.length,
    });
  });

  it.each([...rowFaults(() => world), ...acknowledged, ...books, ...edited, ...others])(
    'finds $what',
    async ({ plant, by, row }) => {
      await plant();
      const { isGreen, checks } = await verdict();
      const found = checks.filter(({ findings }) => findings.length);
      expect(found.map(({ name }) => name)).toEqual(by);
      expect(found[0]!.findings.map((finding) => finding.row)).toContainEqual(expect.stringContaining(row));
      expect(isGreen).toBe(false);
    },
  );
});

describe('what is no fault', () => {
  it('is a row of the outbox that is on the log and waits for the next commit', async () => {
    await world.run(
      'listings',
      `insert into outbox (partition, topic, key, value) values (0, 'listings.events', 'k', 'sent')`,
    );
    world.broker.append({ topic: 'listings.events', key: 'k', value: 'sent' });
    expect((await verdict()).isGreen).toBe(true);
  });

  it('is a mistake of ours that was set aside and dealt with', async () => {
    await filed({ status: 500, code: 'internal-fault', body: {} });
    expect((await verdict()).isGreen).toBe(true);
  });

  it('is a deadline that has only just passed, by the clock of the platform', async () => {
    await world.run(
      'bidding',
      `insert into consumer_offset (topic, partition, cluster_id, next_offset, owner_epoch, last_now, clock_offset_ms)
         values ('t', 0, 'c', 0, 1, 'epoch', 3600000)`,
    );
    await world.run(
      'bidding',
      'update auction set deadline_at = $2 where sale_id = $1',
      LOT,
      agoMs(30_000 - 3_600_000),
    );
    expect((await verdict()).isGreen).toBe(true);
  });

  it('is an operation whose party the client did not name', async () => {
    world.acknowledged = world.acknowledged.map(({ party: _, ...rest }) => rest);
    expect((await verdict()).isGreen).toBe(true);
  });

  it('is what has come right by the time that is given', async () => {
    world.statement.balanceFen -= 1n;
    const read = world.evidence().rail!.read;
    const rail = {
      read: async (accounts: readonly string[]) => ({ ...(await read(accounts)), balanceFen: balance() }),
    };
    let asked = 0;
    const right = world.statement.balanceFen + 1n;
    const balance = () => (asked++ < 2 ? 0n : right);
    const { isGreen } = await reconcile({ ...world.evidence(), rail }, { withinMs: 60_000 });
    expect(isGreen).toBe(true);
  });
});

it('says what it could not compare, each check in a line, each finding with its row', async () => {
  const { log: _, rail: __, office: ___, ...evidence } = world.evidence();
  await world.run('bidding', 'delete from bid where sale_id = $1 and seq = 5', LOT);
  const text = asText(await reconcile(evidence));
  expect(text).toContain('not compared: log, rail, office');
  expect(text).toMatch(/✓ bid-prices-rise +valid quotes/);
  expect(text).toContain(`    bidding.bid ${LOT} 5: was acknowledged as valid, and the row is not there`);
  expect(text).toMatch(/reconciled: RED, 1 findings/);
});
