import type { Expression, Plain, Ruleset } from '@steno/policy-dsl'
import { z } from 'zod'

const place = z.int().min(0)
const span = z.tuple([place, place])
const strings = z.array(z.string())

const plain: z.ZodType<Plain> = z.lazy(() =>
  z.union([z.string(), z.number(), z.boolean(), z.null(), z.array(plain), z.record(z.string(), plain)]),
)

const expression: z.ZodType<Expression> = z.lazy(() =>
  z.discriminatedUnion('is', [
    z.strictObject({ is: z.literal('literal'), value: z.union([z.string(), z.number(), z.boolean()]) }),
    z.strictObject({ is: z.literal('list'), values: z.union([strings, z.array(z.number())]) }),
    z.strictObject({ is: z.literal('field'), path: strings }),
    z.strictObject({ is: z.literal('item'), depth: place }),
    z.strictObject({ is: z.literal('not'), of: expression, at: span.exactOptional() }),
    z.strictObject({ is: z.enum(['and', 'or']), of: z.array(expression), at: span.exactOptional() }),
    z.strictObject({
      is: z.literal('compare'),
      operator: z.enum(['===', '!==', '<', '<=', '>', '>=']),
      left: expression,
      right: expression,
      at: span.exactOptional(),
    }),
    z.strictObject({ is: z.literal('choose'), when: expression, yes: expression, no: expression }),
    z.strictObject({
      is: z.literal('call'),
      method: z.string(),
      on: expression,
      arguments: z.array(expression),
      at: span.exactOptional(),
    }),
    z.strictObject({ is: z.literal('matches'), pattern: z.string(), flags: z.string(), text: expression, at: span.exactOptional() }),
    z.strictObject({ is: z.enum(['some', 'every']), list: expression, holds: expression, at: span.exactOptional() }),
    z.strictObject({
      is: z.literal('memory'),
      counter: z.enum(['count', 'commands', 'rows', 'approvals', 'denials']),
      verb: z.string().nullable(),
      windowMs: z.number().min(0),
    }),
  ]),
)

const rule = z.strictObject({
  name: z.string(),
  line: place,
  at: span,
  on: z.strictObject({
    protocols: strings.exactOptional(),
    targets: strings.exactOptional(),
    labels: z.record(z.string(), strings).exactOptional(),
  }),
  when: expression.exactOptional(),
  unless: expression.exactOptional(),
  effects: z.array(z.strictObject({ effect: z.string(), arguments: z.record(z.string(), plain) })),
  mode: z.enum(['enforce', 'observe']),
})

const test = z.strictObject({
  name: z.string(),
  line: place,
  at: span,
  target: z.string().nullable(),
  protocol: z.string(),
  statement: z.string(),
  verdict: z.enum(['allow', 'hold', 'deny']),
  as: z.strictObject({
    kind: z.enum(['human', 'service', 'agent']).exactOptional(),
    name: z.string().exactOptional(),
    groups: strings.exactOptional(),
    task: z.string().exactOptional(),
    labels: z.record(z.string(), z.string()).exactOptional(),
    at: z.string().exactOptional(),
    masked: strings.exactOptional(),
  }),
})

/** A compiled policy as the ledger keeps it: what was in force stays what it was, whatever a later compiler would make of its source. */
export const rulesetShape = z.strictObject({
  language: z.literal(1),
  rules: z.array(rule),
  tests: z.array(test),
  hash: z.string().regex(/^[0-9a-f]{64}$/),
}) satisfies z.ZodType<Ruleset>
