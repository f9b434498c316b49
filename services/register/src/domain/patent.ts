import { defineProcess } from '@yuzhi/chassis/process';
import type { confirmPatent, RegisterEntry } from '@yuzhi/protocol/register';
import type { z } from 'zod';

export type Entry = z.output<typeof RegisterEntry>;

/** A patent of the official register, as the mirror follows it. */
export const mirrorProcess = defineProcess('mirror', {
  states: ['requested', 'mirrored', 'not-on-register'],
  initial: 'requested',
  transitions: [
    ...(['requested', 'not-on-register'] as const).map((from) => ({ from, on: 'found', to: 'mirrored' }) as const),
    { from: 'requested', on: 'missing', to: 'not-on-register' },
    { from: 'not-on-register', on: 'asked-again', to: 'requested' },
  ],
  final: ['mirrored'],
  rests: ['not-on-register'],
});
type MirrorState = (typeof mirrorProcess.states)[number];

/** A patent as the mirror holds it, with the lock that one sale may have on it. */
export interface Patent {
  readonly patentNumber: string;
  readonly state: MirrorState;
  readonly entry: Entry | null;
  /** The office is to be asked (again). */
  readonly stale: boolean;
  readonly reservedBy: string | null;
  readonly requestedAt: number;
  readonly mirroredAt: number | null;
  readonly version: number;
}

export const requested = (patentNumber: string, now: number): Patent => ({
  patentNumber,
  state: mirrorProcess.initial,
  entry: null,
  stale: true,
  reservedBy: null,
  requestedAt: now,
  mirroredAt: null,
  version: 1,
});

export const changed = (patent: Patent, change: Partial<Patent>): Patent => ({
  ...patent,
  ...change,
  version: patent.version + 1,
});

/** Where the mirror stands after that; where it stood, if that leads nowhere. */
const moved = ({ state }: Patent, on: Parameters<typeof mirrorProcess.next>[1]) => ({
  state: mirrorProcess.next(state, on) ?? state,
});

/** Somebody asks for what the office did not know. */
export const askedAgain = (patent: Patent): Patent => changed(patent, { ...moved(patent, 'asked-again'), stale: true });

/** What the office answered; an older version of the register never overwrites a newer one. */
export function mirrored(patent: Patent, entry: Entry | null, now: number): Patent {
  if (entry === null) return changed(patent, { ...moved(patent, 'missing'), stale: false });
  const newer = !patent.entry || entry.officeVersion > patent.entry.officeVersion;
  return newer
    ? changed(patent, { ...moved(patent, 'found'), entry, stale: false, mirroredAt: now })
    : changed(patent, { stale: false });
}

export const ownersDiffer = (before: Entry | null, after: Entry | null): boolean =>
  before !== null && after !== null && JSON.stringify(before.owners) !== JSON.stringify(after.owners);

/** DOMAIN 7.4: late or suspended, the right itself stands. */
const IN_FORCE: readonly Entry['status'][] = ['GRANTED', 'GRANTED_LATE_FEE', 'SUSPENDED', 'INVALID_PART', 'RESTORED'];

type Obstacle = keyof (typeof confirmPatent)['rejections'];

/**
 * Why a transfer of a patent by `seller` cannot go on, as the register stands: the first of the catalogue's order.
 * Patent Law arts 10, 14; DOMAIN 2.4, row "transfer": licences are disclosed, a pledge or preservation stops it.
 */
export function obstacleOf(entry: Entry, seller: string): Obstacle | null {
  if (!entry.owners.some(({ party }) => party === seller)) return 'seller-not-owner';
  if (entry.owners.length > 1) return 'co-owner-consent-missing';
  if (!IN_FORCE.includes(entry.status)) return 'patent-not-in-force';
  if (entry.status === 'GRANTED_LATE_FEE' || entry.annuity.late) return 'annuity-unpaid';
  if (has(entry, 'pledge')) return 'patent-pledged';
  return entry.status === 'SUSPENDED' || has(entry, 'preservation') ? 'patent-preserved' : null;
}

const has = (entry: Entry, kind: string) => entry.encumbrances.some((encumbrance) => encumbrance.kind === kind);
