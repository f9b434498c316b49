import { specifyLog } from './fixture/log.specification.ts';
import { startOwnKafka } from '@yuzhi/backing/own-servers';
import { PlatformaticLog } from './platformatic-log.ts';

let clients = 0;

specifyLog('the log on Kafka by @platformatic/kafka', async () => {
  const broker = await startOwnKafka();
  const { brokers } = broker.part;
  const open = (name = `client-${++clients}`) =>
    new PlatformaticLog({ brokers, clientId: name, sessionTimeoutMs: 2000, prefix: 'spec.' });
  return { open, takeAway: async () => broker.kill(), bringBack: () => broker.revive(), stop: () => broker.stop() };
});
