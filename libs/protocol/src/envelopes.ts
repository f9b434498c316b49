import { z } from 'zod';

const id = z.uuid();
const traceparent = z.string().optional();

/** CloudEvents 1.0 in structured JSON, as `CloudEvent` in `declare.ts` has it. */
export const CloudEventEnvelope = z.object({
  specversion: z.literal('1.0'),
  id,
  source: z.string(),
  type: z.string(),
  subject: z.string().meta({ description: 'The key of the record: the id of the aggregate.' }),
  time: z.iso.datetime().meta({ description: "The platform's time of the decision." }),
  causationid: id.meta({ description: 'The command that caused it.' }),
  cause: z
    .object({
      command: z.string().meta({ description: 'The type of the command that was decided.' }),
      outcome: z.string().meta({ description: 'Its outcome, where another service was asked.' }).optional(),
      event: id.meta({ description: 'The event that led to it.' }).optional(),
    })
    .optional(),
  aggversion: z.int().min(0).meta({ description: 'Version of the aggregate after the event.' }),
  saleid: id.optional(),
  actor: z.object({ party: z.string(), person: z.string() }),
  traceparent,
});

/** Who acts: an organisation, a natural person for himself, or a service. */
const Principal = z.object({
  party: z.string().meta({ description: 'A unified social credit code, a person, or `service:<name>`.' }),
  person: z.string(),
  roles: z.array(z.string()),
});
/** A command on the log, as `Envelope` in `declare.ts` has it. */
export const CommandEnvelope = z.object({
  id,
  idempotencyKey: z.string().meta({ description: 'With the party and the key: what is never done twice.' }),
  type: z.string(),
  key: z.string().meta({ description: 'The key of the record: the id of the aggregate.' }),
  principal: Principal,
  replyTo: z.string().meta({ description: 'The gateway that waits.' }).optional(),
  answerBy: z.int().meta({ description: 'Epoch ms; bounds the waiting, never the validity.' }).optional(),
  answerTo: z
    .object({ service: z.string(), key: z.string() })
    .meta({ description: 'The aggregate of the asking service that hears the outcome.' })
    .optional(),
  because: id.meta({ description: 'The event that led to it.' }).optional(),
  traceparent,
});

/** What became of a command that a service asked another, told to the asker's own aggregate. */
export const AnswerData = z.object({
  of: z.string().meta({ description: 'The type of the command that was asked.' }),
  askKey: z.string(),
  asked: z.unknown(),
  outcome: z.object({ status: z.int(), code: z.string(), body: z.unknown() }),
});
/** Moves the platform's clock in the partition in which it stands. Demonstration and test only. */
export const ClockRecord = z.object({
  type: z.literal('platform.clock.v1'),
  offsetMs: z.int().min(0).meta({ description: 'Added to the time of the log, in milliseconds; never falls.' }),
});
