import 'reflect-metadata';
import { describe, expect, it } from '@jest/globals';
import type { Command, DataOf } from '@yuzhi/protocol/declare';
import { Injectable, Module, type Provider } from '@nestjs/common';
import { DiscoveryModule, DiscoveryService, ModuleRef } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { accept, type AnswerTable, follow, refuse, type Sent } from './decision.ts';
import { add, added, close, declared, note, place, wake } from './fixture/protocol.ts';
import { Answers, discover, Handle, type Handlers, On, Wakes } from './handlers.ts';

interface State {
  version: number;
  by: string;
}
@Injectable()
class StateStore {
  readonly name = 'states';
  readonly deadlines: { table: string; key: string } | undefined = { table: 'states', key: 'id' };
  load = async () => new Map<string, State>();
  save = () => [];
}
@Injectable()
class SilentStore extends StateStore {
  override readonly deadlines = undefined;
}

@Injectable()
class TillHandlers {
  readonly name = 'the till';
  @Handle(add, StateStore)
  add(state: State | undefined, { key }: Sent<typeof add>, now: number) {
    return accept<State>({ version: (state?.version ?? 0) + 1, by: `${this.name} ${key} ${now}` }, { totalFen: '1' });
  }
  @Handle(close, StateStore)
  close(state: State | undefined, _: Sent<typeof close>) {
    return state ? accept(state, {}) : refuse('account-closed');
  }
  @Wakes(wake, StateStore)
  @Handle(wake, StateStore)
  wake(state: State | undefined, _: Sent<typeof wake>) {
    return accept(state!, {});
  }
}

@Injectable()
class StallHandlers {
  readonly prefix = 'order';
  @Handle(place, StateStore)
  place(_: State | undefined, { data }: Sent<typeof place>) {
    return accept<State>({ version: 1, by: data.order }, { order: data.order });
  }
  @Handle(note, StateStore)
  note(state: State | undefined, _: Sent<typeof note>) {
    return state ? accept(state, {}) : refuse('order-unknown');
  }
  @Answers(add, StateStore)
  readonly booked: AnswerTable<State, typeof add> = {
    accepted: (state) => accept(state),
    refused: { 'limit-passed': (state) => accept(state), 'account-closed': (state) => accept(state) },
    failed: (state) => accept(state),
  };
  @On(added)
  onAdded({ account, totalFen }: DataOf<typeof added>) {
    return follow(note, `${this.prefix} ${account}`, { order: account, totalFen });
  }
  @On(added)
  nothing(_: DataOf<typeof added>) {
    return undefined;
  }
}

async function found(service: string, commands: Command[], ...providers: Provider[]): Promise<Handlers> {
  @Module({ imports: [DiscoveryModule], providers: [StateStore, SilentStore, ...providers] })
  class Under {}
  const app = await Test.createTestingModule({ imports: [Under] }).compile();
  return discover(service, commands, app.get(DiscoveryService), app.get(ModuleRef));
}

describe('the handlers of a service', () => {
  it('are found by their declarations, bound to the instance that Nest made', async () => {
    const { commands, wakings, stores, answers, events } = await found('till', declared, TillHandlers);
    expect([...commands.keys()].toSorted()).toEqual([add.type, close.type, wake.type]);
    const decided = commands.get(add.type)!.decide(undefined, { key: 'k' } as never, 7);
    expect(decided).toMatchObject({ state: { version: 1, by: 'the till k 7' } });
    expect(wakings.map(({ command, store }) => [command.type, store.name])).toEqual([[wake.type, 'states']]);
    expect(stores.map(({ name }) => name)).toEqual(['states']);
    expect([answers.size, events.size]).toEqual([0, 0]);
  });

  it('are the answers and the events too, each with a name that stays', async () => {
    const { answers, events } = await found('stall', declared, StallHandlers);
    expect([...answers.keys()]).toEqual([add.type]);
    const handlers = events.get(added.type)!;
    expect(handlers.map(({ name }) => name)).toEqual(['StallHandlers.onAdded', 'StallHandlers.nothing']);
    const [first] = handlers.map((h) => h.follow({ account: 'a', totalFen: '1' } as never, {} as never));
    expect(first).toMatchObject({ command: { type: note.type }, key: 'order a' });
  });

  it('are taken once, although a module names one of them twice', async () => {
    const again = { provide: 'another token', useExisting: StallHandlers };
    const { events } = await found('stall', declared, StallHandlers, again);
    expect(events.get(added.type)).toHaveLength(2);
  });
});

describe('a service does not start', () => {
  it('while a command of its own has nobody', async () => {
    await expect(found('till', declared)).rejects.toThrow(
      ['till cannot start:', ...[add, close, wake].map(({ type }) => `nobody handles ${type}`)].join('\n'),
    );
  });

  it('while it asks and has nobody for the answer, or no transition for a refusal', async () => {
    await expect(found('stall', [add])).rejects.toThrow(`nobody takes the answer of ${add.type}`);
    @Injectable()
    class Deaf {
      @Answers(add, StateStore)
      readonly booked = { accepted: accept, refused: { 'limit-passed': accept }, failed: accept } as never;
    }
    await expect(found('stall', [add], Deaf)).rejects.toThrow(`${add.type}: no transition for account-closed`);
  });

  it('while two take the same command, or the same answer', async () => {
    @Injectable()
    class Another {
      @Handle(close, StateStore)
      close(_: State | undefined, __: Sent<typeof close>) {
        return refuse('account-closed');
      }
      @Answers(add, StateStore)
      readonly booked = new StallHandlers().booked;
    }
    await expect(found('till', [close], TillHandlers, Another)).rejects.toThrow(`two handle ${close.type}`);
    await expect(found('stall', [add], StallHandlers, Another)).rejects.toThrow(`two take the answer of ${add.type}`);
  });

  it('while a deadline is to be swept that cannot be read', async () => {
    @Injectable()
    class Sleepless {
      @Wakes(wake, SilentStore)
      @Handle(wake, SilentStore)
      wake(state: State | undefined, _: Sent<typeof wake>) {
        return accept(state!, {});
      }
    }
    await expect(found('till', [wake], Sleepless)).rejects.toThrow(`${wake.type}: states has no deadlines to be read`);
  });

  it('and says everything that is missing at once', async () => {
    const problems = await found('stall', declared).catch((e: Error) => e.message.split('\n'));
    expect(problems).toEqual([
      'stall cannot start:',
      `nobody takes the answer of ${add.type}`,
      `nobody handles ${place.type}`,
      `nobody handles ${note.type}`,
    ]);
  });
});
