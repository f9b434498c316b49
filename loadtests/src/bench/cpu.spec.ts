import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { machineTimes, type Reading, readCpu, type Role, ROLES, used, waitedNanos } from './cpu.ts';

/** Of its own time: on a busy machine it may take longer. */
const spin = (cpuMs: number) => {
  const since = process.cpuUsage();
  while (process.cpuUsage(since).user < cpuMs * 1000);
};
const reading = (at: number, busyNs: number, roles: Partial<Record<Role, number>>): Reading => ({
  at,
  roles: { ...(Object.fromEntries(ROLES.map((role) => [role, 0])) as Record<Role, number>), ...roles },
  machine: { busy: busyNs, softirq: 0 },
});

describe('CPU by role', () => {
  it('counts everything that is not idle as busy, time that was stolen among it', () => {
    const { busy, softirq } = machineTimes('cpu  100 10 20 9999 777 3 4 5 0 0\ncpu0 1 1 1 1 1 1 1 1 0 0\n');
    expect([busy, softirq]).toEqual([142 * 1e7, 4 * 1e7]);
  });

  it('knows what ended children had used, whatever the name of their parent', () => {
    const fields = ['S', ...Array.from({ length: 10 }, () => '0'), '1', '2', '30', '40', '0'];
    expect(waitedNanos(`17 (a) name (b) ${fields.join(' ')}`)).toBe(70 * 1e7);
  });

  it('finds what this process and a child that is gone have used', () => {
    const before = readCpu({}, process.pid);
    spin(60);
    execFileSync(process.execPath, ['-e', 'while (process.cpuUsage().user < 200_000);']);
    const { roles } = used(before, readCpu({}, process.pid));
    expect(roles.others).toBeGreaterThanOrEqual(40e6);
    expect(roles.generator).toBeGreaterThanOrEqual(150e6);
  });

  it('does not forget what a thread had used that has ended', async () => {
    const before = readCpu({}, process.pid);
    await once(new Worker('const end = Date.now() + 300; while (Date.now() < end);', { eval: true }), 'exit');
    expect(used(before, readCpu({}, process.pid)).roles.others).toBeGreaterThanOrEqual(60e6);
  });

  it('gives a process to the role that it plays and to no other', () => {
    const { roles } = readCpu({ gateway: [process.pid] }, process.pid);
    expect(roles.gateway).toBeGreaterThan(0);
  });

  it('calls outside what no role accounts for, as a share of the whole machine', () => {
    const spent = used(reading(0, 0, {}), reading(1000, 1.5e9, { gateway: 0.5e9, generator: 0.6e9 }), 2);
    expect(spent.seconds).toBe(1);
    expect(spent.outside).toBeCloseTo(0.2);
    expect(spent.busy).toBeCloseTo(0.75);
  });

  it('never says that less than nothing was used', () => {
    const spent = used(reading(0, 0, { bidding: 5e9 }), reading(1000, 1e9, { bidding: 1e9 }), 2);
    expect(spent.roles.bidding).toBe(0);
  });
});
