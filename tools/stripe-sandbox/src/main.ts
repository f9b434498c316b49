import { config } from './config.ts';
import { startStripeSandbox } from './stripe-sandbox.ts';

const { DATABASE_URL: databaseUrl, PORT: port, HOST: host, PUBLIC_URL: publicUrl } = config();
const sandbox = await startStripeSandbox({ databaseUrl, port, host, ...(publicUrl && { publicUrl }) });
console.log(`Stripe sandbox (no real money) at ${sandbox.url}`);

let stopping: Promise<void> | undefined;
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => void (stopping ??= sandbox.close()));
