// Who may import whom. Every rule is planted once in tools/architecture.spec.ts and must fire there.
const TEST = '(\\.spec\\.ts$|\\.fixture\\.ts$|/(fixture|testing)/)';
const OURS = '^(libs|services|gateway|web|deploy|tools|journeys|loadtests)/';
const npm = (...names) => `(^|/)node_modules/(${names.join('|')})/`;
/** Folders of ours other than the given ones. */
const except = (...folders) => ({ path: OURS, pathNot: `^(${folders.join('|')})/` });
const forbid = (name, comment, from, to) => ({ name, severity: 'error', comment, from, to });

const KERNEL = 'libs/money';
const PROTOCOL = 'libs/protocol';
const PLATFORM = 'libs/(messaging|database|chassis|telemetry)';
const BACKING = 'libs/backing';
const FRAMEWORKS = npm(
  '@nestjs',
  '@prisma',
  'prisma',
  'kafkajs',
  '@platformatic/kafka',
  'stripe',
  'pg',
  'redis',
  'fastify',
);

const layers = [
  forbid(
    'kernel-imports-nothing-of-ours',
    'libs/money stands alone: move what it needs into it, or the caller upwards.',
    { path: `^${KERNEL}/` },
    except(KERNEL),
  ),
  forbid(
    'protocol-imports-only-the-kernel',
    'libs/protocol is read by browsers and partners: it knows libs/money and zod.',
    { path: `^${PROTOCOL}/` },
    except(PROTOCOL, KERNEL),
  ),
  forbid(
    'kernel-and-protocol-know-no-framework',
    'Declarations and money are data: give the framework to libs/chassis, libs/messaging or libs/database.',
    { path: `^(${KERNEL}|${PROTOCOL})/` },
    { path: FRAMEWORKS },
  ),
  forbid(
    'platform-stays-below-the-services',
    'messaging, database, chassis and telemetry know no service: let the service hand in what they need.',
    { path: `^${PLATFORM}/`, pathNot: TEST },
    except(PLATFORM, KERNEL, PROTOCOL),
  ),
  forbid(
    'a-service-imports-no-other-service',
    'Services do not ask each other: send a command or follow an event of libs/protocol.',
    { path: '^services/([^/]+)/' },
    { path: '^services/', pathNot: '^services/$1/' },
  ),
  forbid(
    'a-service-stays-below-the-doors',
    'A service knows kernel, protocol and platform; its tests may also use testkit and the simulators in tools.',
    { path: '^services/', pathNot: TEST },
    except('services/[^/]+', PLATFORM, KERNEL, PROTOCOL),
  ),
  forbid(
    'the-gateway-knows-no-service',
    'The gateway has no code per endpoint: what it must know stands in libs/protocol.',
    { path: '^gateway/', pathNot: TEST },
    except('gateway', PLATFORM, KERNEL, PROTOCOL),
  ),
  forbid(
    'the-portal-knows-protocol-and-money',
    'The portal speaks through the typed client of libs/protocol and formats with libs/money, nothing else of ours.',
    { path: '^web/' },
    except('web', KERNEL, PROTOCOL),
  ),
  forbid(
    'doors-know-no-prisma',
    'Doors own no data: ask the owner over HTTP or the log.',
    { path: '^(gateway|web)/' },
    { path: [npm('@prisma', 'prisma'), '/generated/prisma/'] },
  ),
  forbid(
    'proof-stays-outside-a-service',
    'testkit, journeys and loadtests use the gateway, or at most the module of a service: never its inside.',
    { path: '^(libs/testkit|journeys|loadtests)/' },
    { path: '^services/', pathNot: '\\.(module|config)\\.ts$' },
  ),
  forbid(
    'nobody-imports-the-launcher',
    'deploy/local is where everything ends up: move what others need into a lib.',
    { path: OURS, pathNot: '^deploy/' },
    { path: '^deploy/' },
  ),
  forbid(
    'backing-stands-alone',
    'libs/backing starts the servers that others wrote: it knows nothing of what runs on them.',
    { path: `^${BACKING}/`, pathNot: TEST },
    except(BACKING),
  ),
  forbid(
    'only-launcher-and-proof-start-servers',
    'A process is told the addresses of its servers: it never starts one.',
    { path: '^(libs|services|gateway|web)/', pathNot: [TEST, `^${BACKING}/`, '^libs/testkit/'] },
    { path: `^${BACKING}/` },
  ),
  forbid(
    'sources-know-no-test-tools',
    'What only proves something is imported by tests only.',
    { path: '^(libs|services|gateway|web)/', pathNot: [TEST, '^libs/testkit/'] },
    { path: ['^libs/testkit/', '\\.spec\\.ts$', npm('@jest', 'fast-check', '@nestjs/testing')] },
  ),
];

const clients = [
  forbid(
    'only-messaging-imports-a-kafka-client',
    'Use Log of @yuzhi/messaging: the client stands behind its one adapter file.',
    { path: OURS, pathNot: '^libs/messaging/' },
    { path: npm('kafkajs', '@platformatic/kafka') },
  ),
  forbid(
    'only-the-stripe-rail-imports-stripe',
    'Use the PaymentRail port: services/escrow/src/stripe.rail.ts is its one adapter. Past it look only the launcher,' +
      ' which says where webhooks go, and the reconciler, which compares.',
    {
      path: OURS,
      pathNot: [
        '^services/escrow/src/stripe\\.rail(?:\\.spec)?\\.ts$',
        '^tools/stripe-sandbox/',
        '^deploy/local/src/platform\\.ts$',
        '^loadtests/src/reconcile/rail-books\\.ts$',
      ],
    },
    { path: npm('stripe') },
  ),
  forbid(
    'the-stripe-sandbox-knows-stripe-by-its-types',
    'The sandbox is the other side: its sources may name the types of stripe, only its tests use the client.',
    { path: '^tools/stripe-sandbox/', pathNot: TEST },
    { path: npm('stripe'), dependencyTypesNot: ['type-only'] },
  ),
  forbid(
    'journeys-know-no-database',
    'A journey sees what a customer sees: ask the gateway.',
    { path: '^journeys/' },
    { path: [npm('pg', '@prisma', 'prisma', 'kafkajs', 'redis'), '/generated/prisma/'] },
  ),
  forbid(
    'prisma-only-where-data-is-read-or-wired',
    'The Prisma client belongs in *.store.ts, *.queries.ts and the module that provides it.',
    { path: '^services/', pathNot: ['\\.(store|queries|module)\\.ts$', '/prisma\\.config\\.ts$', '/generated/', TEST] },
    { path: ['/generated/prisma/', npm('@prisma', 'prisma')] },
  ),
  forbid(
    'message-patterns-only-in-messaging',
    'Messages are declared in libs/protocol and handled by @Handle and @On of @yuzhi/messaging.',
    { path: OURS, pathNot: '^libs/(messaging|chassis)/' },
    { path: npm('@nestjs/microservices') },
  ),
];

const shape = [
  forbid(
    'the-domain-is-pure',
    'A decision is synchronous and knows no framework, no store and no outside: hand in what it needs as arguments.',
    { path: '^services/[^/]+/src/domain/', pathNot: TEST },
    {
      path: [
        FRAMEWORKS,
        '^services/[^/]+/(?!src/domain/)',
        '^(node:)?(fs|net|tls|dns|https?|child_process|worker_threads|timers|os|process)(/|$)',
      ],
    },
  ),
  forbid(
    'no-cycle',
    'Two files that need each other are one thought, or a third one is missing between them.',
    {},
    { circular: true },
  ),
  forbid('every-import-resolves', 'Mend the path, or declare the package.', { path: OURS }, { couldNotResolve: true }),
];

export default {
  forbidden: [...layers, ...clients, ...shape],
  options: {
    tsPreCompilationDeps: true,
    combinedDependencies: true,
    doNotFollow: { path: ['node_modules', '/generated/'] },
    exclude: { path: '(^|/)dist/' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['@yuzhi/source', 'import', 'node', 'default', 'types'],
      extensions: ['.ts', '.tsx', '.d.ts', '.js', '.mjs'],
    },
  },
};
