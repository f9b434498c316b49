import { areOurs, kafkaAdminAddress, kafkaBrokersOf, loginModule } from './kafka-users.ts';

const admin = kafkaAdminAddress('127.0.0.1:9092', 'a-password');

describe('users of a broker', () => {
  it('each have a password of their own, which the broker is told', () => {
    const [gateway, escrow] = ['gateway', 'escrow'].map((user) => kafkaBrokersOf([admin], user)[0]!);
    expect(gateway).toMatch(/^gateway:[\w-]{43}@127\.0\.0\.1:9092$/);
    const passwords = [gateway, escrow].map((address) => /:([^:@]+)@/.exec(address!)![1]!);
    expect(new Set(passwords).size).toBe(2);
    const login = loginModule('a-password', ['gateway', 'escrow']);
    for (const password of [...passwords, 'a-password']) expect(login).toContain(`="${password}"`);
    expect(kafkaBrokersOf([admin], 'admin')).toEqual([admin]);
  });

  it('are not made up where somebody else runs the brokers', () => {
    for (const given of [['kafka:9092'], ['root:secret@kafka:9092']]) {
      expect(areOurs(given)).toBe(false);
      expect(kafkaBrokersOf(given, 'gateway')).toEqual(given);
    }
    expect(areOurs([admin])).toBe(true);
  });
});
