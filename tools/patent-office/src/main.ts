import { patentOfficeConfig } from './patent-office.config.ts';
import { startPatentOffice } from './start-patent-office.ts';

const office = await startPatentOffice(patentOfficeConfig());
console.log(`patent office (演示数据 · demo data): ${office.url}`);
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void office.close());
