import { startOwnBroker } from './fixture/own-broker.ts';
import { KafkaLog } from './kafka-log.ts';
import { specifyLog } from './fixture/log.specification.ts';

let clients = 0;

specifyLog('the log on Kafka', async () => {
  const broker = await startOwnBroker();
  const open = (name = `client-${++clients}`) =>
    new KafkaLog({ brokers: broker.brokers, clientId: name, sessionTimeoutMs: 2000, prefix: 'spec.' });
  return { open, takeAway: async () => broker.kill(), bringBack: () => broker.revive(), stop: () => broker.stop() };
});
