import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { reconcile } from './reconcile.ts';
import { LOT, OTHER_LOT, World } from './world.fixture.ts';

let world: World;
beforeAll(async () => void (world = await World.open()), 60_000);
beforeEach(() => world.restore());
afterAll(() => world.close());

const lists = (status: string, reservation: string, stuck = false) =>
  world.run(
    'listings',
    `update listing set status = $1, stuck = $2, state = state || jsonb_build_object('reservation', $3::text)`,
    ...[status, stuck, reservation],
  );
const holds = (saleId: string | null) =>
  world.run('register', `update patent set state = jsonb_build_object('reservedBy', $1::text)`, saleId);
const findings = async () => {
  const { checks } = await reconcile(world.evidence());
  return checks.flatMap((check) => check.findings);
};

const FREED = 'is announced, and the register does not hold its patent';
interface Fault {
  what: string;
  plant: () => unknown;
  /** Rows and what is said of them, by the check of reservations alone. */
  found: [row: string, says: string][];
}
const FAULTS: Fault[] = [
  {
    what: 'a live listing whose patent the register let go',
    plant: () => holds(null),
    found: [[`listings.listing ${LOT}`, FREED]],
  },
  {
    what: 'a patent that is held for another sale than the live one',
    plant: () => holds(OTHER_LOT),
    found: [
      ['register.patent CN1', `held for ${OTHER_LOT}, for a sale that nobody listed`],
      [`listings.listing ${LOT}`, FREED],
    ],
  },
  {
    what: 'a lock that outlived its sale',
    plant: () => lists('unsold', 'none'),
    found: [['register.patent CN1', `held for ${LOT}, for a sale that is unsold`]],
  },
  {
    what: 'a lock on another patent than the one for sale',
    plant: () => world.run('listings', `update listing set patent_number = 'CN2'`),
    found: [
      ['register.patent CN1', `held for ${LOT}, for a sale of CN2`],
      [`listings.listing ${LOT}`, FREED],
    ],
  },
];

describe('locks and sales', () => {
  it.each(FAULTS)('do not agree: $what', async ({ plant, found }) => {
    await plant();
    const said = await findings();
    expect(said.map(({ row, says }) => [row, says])).toEqual(found);
    expect(said.every(({ check }) => check === 'reservations-agree')).toBe(true);
  });

  it.each([
    ['reserving', 'none'],
    ['reserving', 'releasing'],
    ['returned', 'releasing'],
    ['sold', 'releasing'],
  ])('agree while the register is asked, whether it has answered or not: %s, %s', async (status, reservation) => {
    await lists(status, reservation);
    expect(await findings()).toEqual([]);
    await holds(null);
    expect(await findings()).toEqual([]);
  });

  it('agree where a listing changes while they are read', async () => {
    await holds(null);
    const evidence = world.evidence();
    const { register } = evidence.databases;
    const query = async (...args: Parameters<typeof register.query>) => {
      await world.run('listings', 'update listing set version = version + 1');
      return register.query(...args);
    };
    const databases = { ...evidence.databases, register: { query } as typeof register };
    const { checks } = await reconcile({ ...evidence, databases });
    expect(checks.flatMap((check) => check.findings)).toEqual([]);
  });
});

it('a listing that waits for an operator is found by name', async () => {
  await lists('sold', 'releasing', true);
  expect(await findings()).toEqual([
    { check: 'nothing-stuck', row: `listings.listing ${LOT}`, says: 'nobody answers its question: release' },
  ]);
});
