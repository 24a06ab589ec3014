import type { LiveSchema } from '@steno/policy-dsl'
import { expect, it } from 'vitest'
import { sayTypeProblem, typeNamesOf, type TypeMessage } from './type-messages.ts'

const live: LiveSchema = {
  targets: [
    {
      name: 'shop',
      protocol: 'postgres',
      labels: {},
      schemas: [
        { name: 'public', isDefault: true, tables: [{ name: 'customers', columns: [] }] },
        { name: 'billing', isDefault: false, tables: [{ name: 'invoices', columns: [] }] },
      ],
    },
  ],
  groups: [],
  agents: [],
  approvers: [],
}
const say = (code: number, message: TypeMessage) => sayTypeProblem({ code, start: 0, length: 1, message }, typeNamesOf(live))

it.each<[number, string, string, string | null]>([
  [2304, "Cannot find name 'fetch'.", 'expected a name that is known here, got `fetch`', null],
  [2552, "Cannot find name 'rulle'. Did you mean 'rule'?", 'expected a name that is known here, got `rulle`', 'rule'],
  [
    2551,
    "Property 'emial' does not exist on type 'shop_public_customers_1'. Did you mean 'email'?",
    'expected something that the table shop.customers has, got `emial`',
    'email',
  ],
  [
    2339,
    "Property 'program' does not exist on type 'Operation<PostgresVerb>'.",
    'expected something that an operation has, got `program`',
    null,
  ],
  [
    2322,
    "Type '\"15 minutes\"' is not assignable to type 'Duration'.",
    "expected a length of time, such as `'15m'`, got '15 minutes'",
    null,
  ],
  [
    2322,
    "Type 'shop_billing_invoices_2' is not assignable to type 'ColumnName | Column'.",
    'expected a column, got the table shop.billing.invoices',
    null,
  ],
  [2820, 'Type \'"dbaa"\' is not assignable to type \'OneOrMany<"dba">\'. Did you mean \'"dba"\'?', "expected 'dba', got 'dbaa'", "'dba'"],
  [
    2345,
    'Argument of type \'"alow"\' is not assignable to parameter of type \'"allow" | "hold" | "deny"\'.',
    "expected 'allow' or 'hold' or 'deny', got 'alow'",
    null,
  ],
  [
    2561,
    "Object literal may only specify known properties, but 'efect' does not exist in type 'RuleOptions<unknown>'. Did you mean to write 'effect'?",
    'expected an option that there is, got `efect`',
    'effect',
  ],
  [1005, "',' expected.", 'expected `,`', null],
  [2554, 'Expected 1-2 arguments, but got 0.', 'expected 1-2 arguments, but got 0', null],
])('tells TypeScript’s %i in our words', (code, text, message, suggestion) => {
  expect(say(code, text)).toEqual({ message, suggestion })
})

it('tells what is missing rather than that the whole does not fit', () => {
  const missing = "Property 'effect' is missing in type '{ on: On<Operation<PostgresVerb>>; }' but required in type 'RuleOptions<unknown>'."
  expect(
    say(2345, {
      messageText: "Argument of type '{ on: On<Operation<PostgresVerb>>; }' is not assignable to parameter of type 'RuleOptions<unknown>'.",
      code: 2345,
      next: [{ messageText: missing, code: 2741 }],
    }).message,
  ).toBe('expected `effect`')
  const several = "Type '{ when: (op: unknown) => any; }' is missing the following properties from type 'RuleOptions<unknown>': on, effect"
  expect(say(2345, { messageText: 'Argument', code: 2345, next: [{ messageText: several, code: 2739 }] }).message).toBe(
    'expected on, effect',
  )
})
