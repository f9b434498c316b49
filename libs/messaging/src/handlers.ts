import type { Store } from '@yuzhi/database/store';
import type { CloudEvent, Command, DataOf, Event, RejectionOf } from '@yuzhi/protocol/declare';
import type { Type } from '@nestjs/common';
import { DiscoveryService, MetadataScanner, ModuleRef } from '@nestjs/core';
import type { AnswerTable, Decision, Follow, Sent } from './decision.ts';

type AnyStore = Store<unknown, unknown>;
export type Decide = (state: unknown, command: Sent<Command>, now: number) => Decision<unknown>;
export interface CommandHandler {
  command: Command;
  store: AnyStore;
  decide: Decide;
}
export interface AnswerHandler {
  command: Command;
  store: AnyStore;
  table: AnswerTable<unknown>;
}
export interface EventHandler {
  event: Event;
  name: string;
  follow: (data: never, event: CloudEvent) => Follow | Follow[] | undefined;
}
export interface Waking {
  command: Command;
  store: AnyStore;
}
export interface Handlers {
  commands: Map<string, CommandHandler>;
  answers: Map<string, AnswerHandler>;
  events: Map<string, EventHandler[]>;
  wakings: Waking[];
  stores: AnyStore[];
}

const HANDLES = Symbol('yuzhi.handles');
const ANSWERS = Symbol('yuzhi.answers');
const FOLLOWS = Symbol('yuzhi.follows');
const WAKES = Symbol('yuzhi.wakes');
interface Marked<C = Command> {
  command: C;
  store: Type<AnyStore>;
}

/** `decide` for one command on the aggregate that `store` keeps: synchronous, pure, returns a new state. */
export function Handle<C extends Command, S>(command: C, store: Type<Store<S, never>>) {
  return <M extends (state: S | undefined, command: Sent<C>, now: number) => Decision<S, RejectionOf<C>>>(
    target: object,
    method: string,
    _typed: TypedPropertyDescriptor<M>,
  ) => Reflect.defineMetadata(HANDLES, { command, store }, target, method);
}

/** What happens when a command that this service asked of another was decided there. */
export function Answers<C extends Command, S>(command: C, store: Type<Store<S, never>>) {
  return <K extends string>(target: { [P in K]: AnswerTable<S, C> }, property: K) => {
    const marks =
      (Reflect.getMetadata(ANSWERS, target) as Map<string, Marked> | undefined) ?? new Map<string, Marked>();
    marks.set(property, { command, store });
    Reflect.defineMetadata(ANSWERS, marks, target);
  };
}

/** An event never writes: it becomes commands on our own aggregates, or nothing. */
export function On<E extends Event>(event: E) {
  return <M extends (data: DataOf<E>, event: CloudEvent) => Follow | Follow[] | undefined>(
    target: object,
    method: string,
    _typed: TypedPropertyDescriptor<M>,
  ) => Reflect.defineMetadata(FOLLOWS, event, target, method);
}

/** The command by which the sweeper wakes an aggregate of `store` whose deadline has passed. Put beside `@Handle`. */
export function Wakes<C extends Command, S>(command: C, store: Type<Store<S, never>>) {
  return (target: object, method: string) => Reflect.defineMetadata(WAKES, { command, store }, target, method);
}

/** Finds the handlers of a service and refuses to boot when one of its commands or answers has none. */
export function discover(
  service: string,
  declared: Command[],
  discovery: DiscoveryService,
  modules: ModuleRef,
): Handlers {
  const found: Handlers = { commands: new Map(), answers: new Map(), events: new Map(), wakings: [], stores: [] };
  const problems: string[] = [];
  const once = (command: Command, taken: boolean, what: string) => {
    if (taken) problems.push(`two ${what} ${command.type}`);
  };
  const storeOf = (type: Type<AnyStore>) => modules.get<AnyStore>(type, { strict: false });
  // A provider that a module exports under a second token is still one.
  const instances = new Set(discovery.getProviders().map(({ instance }) => instance as unknown));
  for (const instance of instances) {
    if (typeof instance !== 'object' || instance === null) continue;
    const proto = Object.getPrototypeOf(instance) as object | null;
    if (!proto) continue;
    const own = instance as Record<string, unknown>;
    for (const name of new MetadataScanner().getAllMethodNames(proto)) {
      const bound = () => (own[name] as (...a: unknown[]) => unknown).bind(instance);
      const handled = Reflect.getMetadata(HANDLES, proto, name) as Marked | undefined;
      if (handled) {
        const { command, store } = handled;
        once(command, found.commands.has(command.type), 'handle');
        found.commands.set(command.type, { command, store: storeOf(store), decide: bound() as Decide });
      }
      const event = Reflect.getMetadata(FOLLOWS, proto, name) as Event | undefined;
      if (event) {
        const handler = { event, name: `${proto.constructor.name}.${name}`, follow: bound() as EventHandler['follow'] };
        found.events.set(event.type, [...(found.events.get(event.type) ?? []), handler]);
      }
      const woken = Reflect.getMetadata(WAKES, proto, name) as Marked | undefined;
      if (woken) found.wakings.push({ command: woken.command, store: storeOf(woken.store) });
    }
    for (const [property, { command, store }] of (Reflect.getMetadata(ANSWERS, proto) as Map<string, Marked>) ?? []) {
      const table = own[property] as AnswerTable<unknown>;
      once(command, found.answers.has(command.type), 'take the answer of');
      found.answers.set(command.type, { command, store: storeOf(store), table });
    }
  }
  found.stores = [...new Set([...found.commands.values(), ...found.answers.values()].map((h) => h.store))];
  problems.push(...missing(service, declared, found));
  for (const { command, store } of found.wakings) {
    if (!store.deadlines) problems.push(`${command.type}: ${store.name} has no deadlines to be read`);
  }
  if (problems.length) throw new Error(`${service} cannot start:\n${problems.join('\n')}`);
  return found;
}

function missing(service: string, declared: Command[], found: Handlers): string[] {
  return declared.flatMap((command) => {
    const problems: string[] = [];
    if (command.service === service && !found.commands.has(command.type))
      problems.push(`nobody handles ${command.type}`);
    if (command.askedBy.includes(service)) {
      const answers = found.answers.get(command.type)?.table;
      if (!answers) problems.push(`nobody takes the answer of ${command.type}`);
      for (const code of Object.keys(command.rejections)) {
        if (answers && !(code in answers.refused)) problems.push(`${command.type}: no transition for ${code}`);
      }
    }
    return problems;
  });
}
