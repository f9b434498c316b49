import { specifyLog } from './fixture/log.specification.ts';
import { startOwnKafka } from '@yuzhi/backing/own-servers';
import { KafkaLog } from './kafka-log.ts';

let clients = 0;

specifyLog('the log on Kafka', async () => {
  const broker = await startOwnKafka();
  const { brokers } = broker.part;
  const open = (name = `client-${++clients}`) =>
    new KafkaLog({ brokers, clientId: name, sessionTimeoutMs: 2000, prefix: 'spec.' });
  return { open, takeAway: async () => broker.kill(), bringBack: () => broker.revive(), stop: () => broker.stop() };
});
