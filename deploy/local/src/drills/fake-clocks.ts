import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onPath } from '@yuzhi/backing/environment';
import type { Member } from '../shapes.ts';
import type { Environment } from '../settings.ts';

/** The wall clocks of some processes; their monotonic ones stay as they are. */
export interface FakeClocks {
  /** What each of these processes must find in its environment. */
  environments: Partial<Record<Member, Environment>>;
  /** From now on its clock is wrong by so many seconds. */
  set(member: Member, bySeconds: number): void;
  remove(): void;
}

const LIBRARIES = '/usr/lib';
const LIBRARY = 'faketime/libfaketimeMT.so.1';

/** Where Debian's package keeps it. Throws where it is not installed. */
function library(): string {
  const folders = existsSync(LIBRARIES) ? ['', ...readdirSync(LIBRARIES)] : [];
  const found = folders.map((folder) => join(LIBRARIES, folder, LIBRARY)).find((file) => existsSync(file));
  if (!found || !onPath('faketime')) throw new Error('clocks are set by libfaketime: apt-get install -y faketime');
  return found;
}

/** Clocks that are right until they are set. */
export function makeFakeClocks(members: readonly Member[]): FakeClocks {
  const preload = library();
  const dir = mkdtempSync(join(tmpdir(), 'yuzhi-clocks-'));
  const fileOf = (member: Member) => join(dir, member);
  const set = (member: Member, bySeconds: number) =>
    writeFileSync(fileOf(member), `${bySeconds < 0 ? '' : '+'}${bySeconds}s\n`);
  const environment = (member: Member): Environment => ({
    LD_PRELOAD: preload,
    FAKETIME_TIMESTAMP_FILE: fileOf(member),
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
    // It looks at the file again after a second.
    FAKETIME_CACHE_DURATION: '1',
  });
  for (const member of members) set(member, 0);
  return {
    environments: Object.fromEntries(members.map((member) => [member, environment(member)])),
    set,
    remove: () => rmSync(dir, { recursive: true, force: true }),
  };
}
