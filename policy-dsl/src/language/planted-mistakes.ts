/** A mistake that authors make, with what the editor and what the compiler must say of it. */
export interface PlantedMistake {
  what: string
  source: string
  /** The codes that versions of TypeScript have for it. */
  typescript: number[]
  /** Ours. */
  compiler: string
}

/** Each stands for a family; they are written for `testLiveSchema`. */
export const plantedMistakes: PlantedMistake[] = [
  {
    what: 'a verb that is none',
    source: "rule('m1', { on: postgres(), when: op => op.verb === 'DELTE', effect: forbid('no') })",
    typescript: [2367],
    compiler: 'unknown-word',
  },
  {
    what: 'two verbs at once',
    source: "rule('m2', { on: postgres(), when: op => op.verb === 'DELETE' && op.verb === 'DROP', effect: forbid('no') })",
    typescript: [2367],
    compiler: 'no-overlap',
  },
  {
    what: 'a misspelt field',
    source: "rule('m3', { on: postgres(), when: op => op.tabels.length > 0, effect: forbid('no') })",
    typescript: [2551],
    compiler: 'unknown-field',
  },
  {
    what: "another protocol's field",
    source: "rule('m4', { on: postgres(), when: op => op.program === 'rm', effect: forbid('no') })",
    typescript: [2339],
    compiler: 'unknown-field',
  },
  {
    what: 'a label that no target carries',
    source: "rule('m5', { on: postgres({ env: 'production' }), effect: forbid('no') })",
    typescript: [2322],
    compiler: 'unknown-label',
  },
  {
    what: 'a length of time in words',
    source: "rule('m6', { on: postgres(), effect: requireApproval({ by: 'dba', within: '15 minutes' }) })",
    typescript: [2322],
    compiler: 'bad-duration',
  },
  {
    what: 'a misspelt option',
    source: "rule('m7', { on: postgres(), effect: requireApproval({ by: 'dba', withn: '15m' }) })",
    typescript: [2561],
    compiler: 'unknown-option',
  },
  {
    what: 'a condition that is text',
    source: "rule('m8', { on: postgres(), when: op => op.text, effect: forbid('no') })",
    typescript: [2322],
    compiler: 'wrong-type',
  },
  {
    what: 'a method that text does not have here',
    source: "rule('m9', { on: postgres(), when: op => op.text.match('drop'), effect: forbid('no') })",
    typescript: [2339],
    compiler: 'unknown-method',
  },
  {
    what: 'a call of the runtime',
    source: "rule('m10', { on: postgres(), when: op => fetch(op.text), effect: forbid('no') })",
    typescript: [2304],
    compiler: 'unknown-name',
  },
  {
    what: 'an object of the runtime',
    source: "rule('m11', { on: postgres(), when: op => Math.random() > 0.5, effect: forbid('no') })",
    typescript: [2304],
    compiler: 'unknown-name',
  },
  {
    what: 'an assignment',
    source: "rule('m12', { on: postgres(), when: op => (op.hasWhere = true), effect: forbid('no') })",
    typescript: [2540],
    compiler: 'not-in-language',
  },
  {
    what: 'a rule that does nothing',
    source: "rule('m13', { on: postgres(), when: op => op.hasWhere })",
    typescript: [2345, 2741],
    compiler: 'missing-option',
  },
  {
    what: 'a misspelt column',
    source: "rule('m14', { on: shop, effect: mask({ columns: [shop.customers.emial], with: 'redact' }) })",
    typescript: [2551],
    compiler: 'unknown-column',
  },
  {
    what: 'a misspelt table',
    source: "rule('m15', { on: shop, when: op => op.tables.includes(shop.zebras), effect: forbid('no') })",
    typescript: [2339],
    compiler: 'unknown-table',
  },
  {
    what: 'a table where a column is meant',
    source: "rule('m16', { on: shop, effect: mask({ columns: [shop.customers], with: 'redact' }) })",
    typescript: [2322],
    compiler: 'wrong-reference',
  },
  {
    what: 'a misspelt target',
    source: "rule('m17', { on: target('shpo'), effect: forbid('no') })",
    typescript: [2345],
    compiler: 'unknown-target',
  },
  {
    what: 'somebody who cannot approve',
    source: "rule('m18', { on: postgres(), effect: requireApproval({ by: 'dbas', within: '15m' }) })",
    typescript: [2322, 2820],
    compiler: 'unknown-group',
  },
]
