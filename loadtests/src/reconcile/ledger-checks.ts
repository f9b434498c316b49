import { type Check, sqlCheck } from './check.ts';

/** One law of the book: the numbers are those of the book's own description. */
const law = (name: string, proves: string, sql: string): Check => sqlCheck(`ledger-${name}`, proves, 'escrow', sql);

export const ledgerChecks: Check[] = [
  law(
    'i1-journal-zero',
    'the lines of each journal sum to zero',
    `select format('escrow.journal %s', journal_id) as row, format('its lines sum to %s fen', sum(amount_fen)) as says
     from entry group by journal_id having sum(amount_fen) <> 0`,
  ),
  law(
    'i2-book-zero',
    'all accounts of a currency sum to zero',
    `select format('escrow.account * %s', currency) as row, format('all sum to %s fen', sum(posted_fen)) as says
     from account group by currency having sum(posted_fen) <> 0`,
  ),
  law(
    'i3-balance-is-sum',
    "an account's balance is the sum of its entries",
    `select format('escrow.account %s', a.code) as row,
       format('stands at %s fen, its entries sum to %s fen', a.posted_fen, coalesce(e.fen, 0)) as says
     from account a
     left join (select account, sum(amount_fen) as fen from entry group by account) e on e.account = a.code
     where a.posted_fen <> coalesce(e.fen, 0)`,
  ),
  law(
    'i4-guarded-not-negative',
    "other people's money never falls below what is held of it",
    `select format('escrow.account %s', code) as row,
       format('%s fen on its side, %s fen held', fen, held_fen) as says
     from (select *, case normal_side when 'debit' then posted_fen else -posted_fen end as fen from account) a
     where guarded and fen < held_fen`,
  ),
  law(
    'i5-held-is-pending',
    'what is held of an account is the sum of its pending holds',
    `select format('escrow.account %s', a.code) as row,
       format('%s fen held, pending holds sum to %s fen', a.held_fen, coalesce(h.fen, 0)) as says
     from account a left join (
       select account, sum(amount_fen) as fen from hold where status = 'PENDING' group by account) h
       on h.account = a.code
     where a.held_fen <> coalesce(h.fen, 0)`,
  ),
  law(
    'i6-entries-gapless',
    "an account's entries are numbered without a gap, and each says the balance that it left",
    `select format('escrow.entry %s %s', account, version) as row, says from (
       select account, account_version as version,
         case when account_version <> place then format('is entry number %s of the account', place)
           else format('says a balance of %s fen, it is %s fen', balance_after, running) end as says,
         row_number() over (partition by account order by account_version) as nth_wrong
       from (
         select account, account_version, balance_after,
           row_number() over (partition by account order by account_version) as place,
           sum(amount_fen) over (partition by account order by account_version) as running
         from entry) e
       where account_version <> place or balance_after <> running) wrong
     where nth_wrong = 1
     union all
     select format('escrow.account %s', a.code), format('counts %s entries, has %s', a.version, count(e.account))
     from account a left join entry e on e.account = a.code
     group by a.code, a.version having a.version <> count(e.account)
     union all
     select format('escrow.account %s', e.account), 'has entries, and no row'
     from (select distinct account from entry) e
     where not exists (select from account a where a.code = e.account)`,
  ),
  law(
    'i7-journal-not-empty',
    'no journal is without lines',
    `select format('escrow.journal %s', j.id) as row, format('a %s without lines', j.kind) as says
     from journal j where not exists (select from entry e where e.journal_id = j.id)`,
  ),
  law(
    'i8-capture-has-journal',
    'a hold that was captured has its journal',
    `select format('escrow.hold %s', h.id) as row, 'captured, and its journal is not there' as says
     from hold h where h.status = 'CAPTURED' and not exists (select from journal j where j.id = h.journal_id)`,
  ),
  law(
    'booked-once',
    'what happened once is booked once',
    `select format('escrow.journal %s', max(id::text)) as row,
       format('%s of %s is booked %s times', kind, ref, count(*)) as says
     from journal group by kind, ref having count(*) > 1`,
  ),
];
