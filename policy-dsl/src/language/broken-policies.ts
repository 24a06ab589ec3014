/** Policies that are wrong, written for `testLiveSchema`, each with everything that is said of it: `line:column code `what stands there` message → suggestion`. */
export const brokenPolicies: [what: string, source: string, ...problems: string[]][] = [
  [
    'a type assertion',
    "rule('a', { on: postgres(), when: op => (op as any).verb === 1, effect: forbid('no') })",
    '1:45 syntax `as` expected an operator or the end of the expression, got `as`: a policy cannot overrule its types',
  ],
  [
    '`satisfies`',
    "rule('a', { on: postgres(), when: op => op.hasWhere satisfies boolean, effect: forbid('no') })",
    '1:53 syntax `satisfies` expected an operator or the end of the expression, got `satisfies`: a policy cannot overrule its types',
  ],
  [
    'a type argument',
    "rule<any>('a', { on: postgres(), effect: forbid('no') })",
    "1:1 syntax `rule<any>('a', { on: postgres(), effect: forbid('no') })` expected a call without types in `<…>`: a policy cannot overrule its types",
  ],
  [
    'a type argument of a list',
    `const A = list<string>('a')
rule('a', { on: postgres(), when: op => A.includes(op.object), effect: forbid('no') })`,
    "1:11 syntax `list<string>('a')` expected a call without types in `<…>`: a policy cannot overrule its types",
  ],
  [
    'a non-null assertion',
    `rule('a', { on: postgres(), when: op => op.object!.startsWith("a"), effect: forbid('no') })`,
    '1:50 syntax `!` expected an operator or the end of the expression, got `!`: no field is ever null, so nothing needs it',
  ],
  [
    'a type annotation on a constant',
    "const A: string = 'a'",
    '1:8 syntax `:` expected a policy without type annotations: they are known here',
  ],
  [
    'a type annotation on a parameter',
    "rule('a', { on: postgres(), when: (op: any) => op.hasWhere, effect: forbid('no') })",
    '1:38 syntax `:` expected a policy without type annotations: they are known here',
  ],
  [
    'a star where one column is expected',
    "rule('a', { on: postgres(), when: op => op.reads.includes('public.customers.*') || op.columns.includes('*'), effect: forbid('no') })",
    "1:59 wrong-argument `'public.customers.*'` expected one column, got `public.customers.*`: ask `op.tables` for a whole table",
  ],
  ['an interface', 'interface A {}', '1:1 syntax `interface` expected a policy without type declarations: they are known here'],
  ['a type alias', 'type A = 1', '1:6 syntax `A` expected a policy without type declarations: they are known here'],
  ['an enum', 'enum A { B }', '1:1 syntax `enum` expected a policy without type declarations: they are known here'],
  [
    'a type assertion in angle brackets',
    "rule('a', { on: postgres(), when: op => (<any>op).verb, effect: forbid('no') })",
    '1:42 syntax `<` expected a value, got `<`: a policy cannot overrule its types',
  ],
  ['a decorator', '@a class B {}', '1:1 syntax `@` expected a rule, a test or a constant, got a decorator'],
  [
    'text without an end',
    "rule('a', { on: postgres(), when: op => op.object === 'a, effect: forbid('no') })",
    '1:75 syntax `no` expected other syntax, got `no`',
  ],
  [
    'a statement without an end',
    "test('a', shop`DELETE FROM orders, 'hold')",
    '1:16 syntax `D` expected the end of the text in backticks that begins here',
  ],
  ['a comment without an end', '/* a', '1:1 syntax `/` expected the end of the comment that begins here'],
  ['a missing brace', "rule('a', { on: postgres(), effect: forbid('no') )", '1:50 syntax `)` expected a value or a comma, got `)`'],
  ['a source that ends too early', "rule('a', {", '1:12 syntax `` expected more: the source ends in the middle of something'],
  ['a missing comma', "rule('a', { on: postgres() effect: forbid('no') })", '1:28 syntax `effect` expected other syntax, got `effect`'],
  [
    'two broken rules and a wrong one between',
    `rule('a', { on: postgres(, effect: forbid('no') })
rule('b', { on: postgres(), when: op => op.verbs, effect: forbid('no') })
rule('c', { on: postgres(), effect: forbid('no') )`,
    '1:26 syntax `,` expected other syntax, got `,`',
    '2:44 unknown-field `verbs` expected a field of the operation, got `verbs` → verb',
    '3:50 syntax `)` expected a value or a comma, got `)`',
  ],
  [
    'a constant that could not be read',
    `const A = ['a'
rule('a', { on: postgres(), when: op => A.includes(op.object), effect: forbid('no') })`,
    '2:1 syntax `` expected more: the source ends in the middle of something',
  ],
  [
    'a wrong regular expression',
    "rule('a', { on: postgres(), when: op => /(/.test(op.text), effect: forbid('no') })",
    '1:41 bad-regex `/(/` expected a regular expression: unterminated group',
  ],
  ['a loop', 'while (true) {}', '1:1 not-in-language `while (true) {}` expected a rule, a test or a constant, got a loop'],
  [
    'a function',
    'function f() { return 1 }',
    '1:1 not-in-language `function f() { return 1 }` expected a rule, a test or a constant, got a function',
  ],
  ['a class', 'class A {}', '1:1 not-in-language `class A {}` expected a rule, a test or a constant, got a class'],
  [
    'an import',
    "import a from 'b'",
    "1:1 not-in-language `import a from 'b'` expected a rule, a test or a constant, got `import`: a policy has everything it can use",
  ],
  ['an export', "export const A = 'a'", "1:1 not-in-language `export const A = 'a'` expected a rule, a test or a constant, got `export`"],
  [
    '`if`',
    "if (true) rule('a', { on: postgres(), effect: forbid('no') })",
    "1:1 not-in-language `if (true) rule('a', { on: postgres(), effect: forbid('no') })` expected a rule, a test or a constant, got `if`: say when a rule holds in its `when`",
  ],
  ['a block', '{}', '1:1 not-in-language `{}` expected a rule, a test or a constant, got a block'],
  ['a throw', "throw 'a'", "1:1 not-in-language `throw 'a'` expected a rule, a test or a constant, got `throw`"],
  ['a lone semicolon', ';', '1:1 not-in-language `;` expected a rule, a test or a constant, got a lone `;`'],
  ['a directive', "'use strict'", "1:1 not-in-language `'use strict'` expected a rule, a test or a constant, got `'use strict'`"],
  [
    '`let`',
    `let a = 'a'
rule('a', { on: postgres(), when: op => op.object === a, effect: forbid('no') })`,
    '1:1 not-in-language `let` expected `const`, got `let` → const',
  ],
  ['an assignment', 'a = 1', '1:3 not-in-language `=` expected a rule, a test or a constant, got an assignment'],
  ['`await`', "await rule('a', {})", "1:1 not-in-language `await rule('a', {})` expected a rule, a test or a constant, got `await`"],
  ['`eval`', "eval('1')", '1:1 unknown-name `eval` expected a rule, a test or a constant, got `eval`'],
  [
    'a call of something else',
    "rul('a', { on: postgres(), effect: forbid('no') })",
    '1:1 unknown-name `rul` expected a rule, a test or a constant, got `rul` → rule',
  ],
  [
    'an effect alone',
    "forbid('no')",
    '1:1 unknown-name `forbid` expected a rule, a test or a constant, got `forbid`: effects stand in rules',
  ],
  [
    'a method call',
    "console.log('a')",
    "1:1 not-in-language `console.log('a')` expected a rule, a test or a constant, got `console.log('a')`",
  ],
  [
    'a comma between rules',
    "rule('a', { on: postgres(), effect: forbid('no') }), rule('b', { on: postgres(), effect: forbid('no') })",
    "1:1 not-in-language `rule('a', { on: postgres(), effect: forbid('no') }), rule('b', { on: postgres(), effect: forbid('no') })` expected a rule, a test or a constant, got a comma between expressions",
  ],
  [
    '`new Function`',
    "new Function('a')()",
    "1:1 not-in-language `new Function('a')()` expected a rule, a test or a constant, got `new Function('a')()`",
  ],
  [
    'a constant twice',
    `const A = 'a'
const A = 'b'`,
    '2:7 name-taken `A` expected a new name, got `A`, which means something already',
  ],
  [
    'a constant with the name of something',
    "const rule = 'a'",
    '1:7 name-taken `rule` expected a new name, got `rule`, which means something already',
  ],
  [
    'a constant with the name of a target',
    "const shop = 'a'",
    '1:7 name-taken `shop` expected a new name, got `shop`, which means something already',
  ],
  ['a constant nobody uses', "const A = 'a'", '1:7 warning unused-const `A` expected `A` to be used somewhere'],
  [
    'a constant that is computed',
    "const A = 'a' + 'b'",
    "1:11 not-in-language `'a' + 'b'` expected a constant that is written out: text, a number, `true`, `false` or a list of them, got the operator `+`",
  ],
  [
    'a constant that is a function',
    'const A = op => op.hasWhere',
    '1:11 not-in-language `op => op.hasWhere` expected a constant that is written out: text, a number, `true`, `false` or a list of them, got a function',
  ],
  [
    'a constant that is another',
    `const A = 'a'
const B = A
rule('a', { on: postgres(), when: op => op.object === B, effect: forbid('no') })`,
    '1:7 warning unused-const `A` expected `A` to be used somewhere',
    '2:11 not-in-language `A` expected a constant that is written out: text, a number, `true`, `false` or a list of them, got `A`',
  ],
  [
    'a constant that is a pattern',
    'const A = /a/',
    '1:11 not-in-language `/a/` expected a constant that is written out: text, a number, `true`, `false` or a list of them, got `/a/`: write patterns where they are used',
  ],
  [
    'a constant that is an object',
    'const A = { a: 1 }',
    '1:11 not-in-language `{ a: 1 }` expected a constant that is written out: text, a number, `true`, `false` or a list of them, got an object',
  ],
  [
    'constants taken apart',
    "const [A] = ['a']",
    '1:7 not-in-language `[A]` expected the name of a constant, got a pattern that takes a list apart',
  ],
  [
    'a constant without a value',
    "const { a } = 'a', B = null",
    '1:7 not-in-language `{ a }` expected the name of a constant, got a pattern that takes an object apart',
    '1:24 not-in-language `null` expected a constant that is written out: text, a number, `true`, `false` or a list of them, got `null`',
  ],
  [
    'a spread list',
    `const A = ['a']
const B = [...A]`,
    '1:7 warning unused-const `A` expected `A` to be used somewhere',
    '2:11 wrong-argument `[...A]` expected at least one value in the list',
    '2:12 not-in-language `...A` expected a value, got `...`',
  ],
  [
    'a list with a hole',
    `const A = ['a', , 'b']
rule('a', { on: postgres(), when: op => A.includes(op.object), effect: forbid('no') })`,
    "1:11 not-in-language `['a', , 'b']` expected a value between the commas of a list",
  ],
  [
    '`==`',
    "rule('a', { on: postgres(), when: op => op.verb == 'DELETE', effect: forbid('no') })",
    '1:49 not-in-language `==` expected `===`, got `==` → ===',
  ],
  [
    '`!=`',
    "rule('a', { on: postgres(), when: op => op.verb != 'DELETE', effect: forbid('no') })",
    '1:49 not-in-language `!=` expected `!==`, got `!=` → !==',
  ],
  [
    'an assignment in a condition',
    "rule('a', { on: postgres(), when: op => op.verb = 'DELETE', effect: forbid('no') })",
    '1:49 not-in-language `=` expected a value, got an assignment → ===',
  ],
  [
    'an assignment that adds',
    "rule('a', { on: postgres(), when: op => op.statement += 1, effect: forbid('no') })",
    '1:41 not-in-language `op.statement += 1` expected a value, got an assignment',
  ],
  [
    '`++`',
    "rule('a', { on: postgres(), when: op => op.statement++ > 1, effect: forbid('no') })",
    '1:41 not-in-language `op.statement++` expected a value, got an assignment',
  ],
  [
    'text with holes',
    "rule('a', { on: postgres(), when: op => op.object === `a${op.verb}`, effect: forbid('no') })",
    '1:55 not-in-language ``a${op.verb}`` expected a value, got text with holes',
  ],
  [
    'a tagged template',
    "rule('a', { on: postgres(), when: op => shop`a`, effect: forbid('no') })",
    '1:41 not-in-language `shop`a`` expected a value, got a statement: those stand in `test(…)`',
  ],
  [
    '`?.`',
    "rule('a', { on: postgres(), when: op => op?.verb === 'DELETE', effect: forbid('no') })",
    '1:41 not-in-language `op?.verb` expected a value, got `?.`: no field is ever missing → op.verb',
  ],
  [
    '`??`',
    "rule('a', { on: postgres(), when: op => op.hasWhere ?? op.hasLimit, effect: forbid('no') })",
    '1:53 not-in-language `??` expected `&&` or `||`, got `??`: no field is ever missing → ||',
  ],
  [
    '`typeof`',
    "rule('a', { on: postgres(), when: op => typeof op.verb === 'string', effect: forbid('no') })",
    '1:41 not-in-language `typeof op.verb` expected a value, got the operator `typeof`',
  ],
  [
    '`in`',
    "rule('a', { on: postgres(), when: op => 'verb' in op, effect: forbid('no') })",
    '1:48 not-in-language `in` expected a comparison, got `in`',
  ],
  [
    '`instanceof`',
    "rule('a', { on: postgres(), when: op => op instanceof Object, effect: forbid('no') })",
    '1:44 not-in-language `instanceof` expected a comparison, got `instanceof`',
    '1:55 unknown-name `Object` expected `op` or a constant, got `Object`',
  ],
  [
    '`void`',
    "rule('a', { on: postgres(), when: op => void 0, effect: forbid('no') })",
    '1:41 not-in-language `void 0` expected a value, got the operator `void`',
  ],
  [
    '`delete`',
    "rule('a', { on: postgres(), when: op => delete op.verb, effect: forbid('no') })",
    '1:41 not-in-language `delete op.verb` expected a value, got the operator `delete`',
  ],
  [
    'arithmetic',
    "rule('a', { on: postgres(), when: op => op.statement + 1 > 2, effect: forbid('no') })",
    '1:54 not-in-language `+` expected a comparison, got `+`',
  ],
  [
    'a bitwise operator',
    "rule('a', { on: postgres(), when: op => (op.statement & 1) === 1, effect: forbid('no') })",
    '1:55 not-in-language `&` expected a comparison, got `&`',
  ],
  [
    'a comma',
    "rule('a', { on: postgres(), when: op => (op.hasLimit, op.hasWhere), effect: forbid('no') })",
    '1:42 not-in-language `op.hasLimit, op.hasWhere` expected a value, got a comma between expressions',
  ],
  [
    '`this`',
    "rule('a', { on: postgres(), when: op => this.verb, effect: forbid('no') })",
    '1:41 not-in-language `this` expected a value, got `this`',
  ],
  [
    '`new`',
    "rule('a', { on: postgres(), when: op => new String('a').includes('a'), effect: forbid('no') })",
    "1:41 not-in-language `new String('a')` expected a value, got `new`",
  ],
  [
    'a function in a condition',
    "rule('a', { on: postgres(), when: op => (() => true)(), effect: forbid('no') })",
    '1:41 not-in-language `(() => true)()` expected a value, got `(() => true)()`',
  ],
  [
    '`import()`',
    "rule('a', { on: postgres(), when: op => import('fs'), effect: forbid('no') })",
    "1:41 not-in-language `import('fs')` expected a value, got `import`: a policy has everything it can use",
  ],
  [
    '`import.meta`',
    "rule('a', { on: postgres(), when: op => import.meta.url, effect: forbid('no') })",
    '1:41 not-in-language `import.meta` expected a value, got a property of the runtime',
  ],
  [
    '`null`',
    "rule('a', { on: postgres(), when: op => op.object === null, effect: forbid('no') })",
    "1:55 not-in-language `null` expected a value, got `null`: what is absent reads as `''`",
  ],
  [
    '`undefined`',
    "rule('a', { on: postgres(), when: op => op.object === undefined, effect: forbid('no') })",
    "1:55 not-in-language `undefined` expected a value, got `undefined`: what is absent reads as `''`",
  ],
  [
    'a big integer',
    "rule('a', { on: postgres(), when: op => op.statement === 1n, effect: forbid('no') })",
    '1:58 not-in-language `1n` expected a value, got `1n`',
  ],
  [
    'a number that is not exact',
    "rule('a', { on: postgres(), when: op => op.statement < 1e999, effect: forbid('no') })",
    '1:56 wrong-type `1e999` expected a number that is exact, got `1e999`',
  ],
  [
    'an object in a condition',
    "rule('a', { on: postgres(), when: op => ({}).verb, effect: forbid('no') })",
    '1:42 not-in-language `{}` expected a value, got an object',
  ],
  [
    'a class in a condition',
    "rule('a', { on: postgres(), when: op => class {}, effect: forbid('no') })",
    '1:41 not-in-language `class {}` expected a value, got a class',
  ],
  [
    '`__proto__`',
    "rule('a', { on: postgres(), when: op => op.__proto__, effect: forbid('no') })",
    "1:44 not-in-language `__proto__` expected a name of the policy's own, got `__proto__`",
  ],
  [
    '`constructor`',
    "rule('a', { on: postgres(), when: op => op.constructor.constructor('return process')(), effect: forbid('no') })",
    "1:41 not-in-language `op.constructor.constructor('return process')()` expected a value, got `op.constructor.constructor('return process')()`",
  ],
  [
    '`prototype` in quotes',
    "rule('a', { on: postgres(), when: op => op['prototype'], effect: forbid('no') })",
    "1:44 not-in-language `'prototype'` expected a name of the policy's own, got `prototype`",
  ],
  [
    'a computed name',
    "rule('a', { on: postgres(), when: op => op[op.verb], effect: forbid('no') })",
    '1:44 not-in-language `op.verb` expected a name or a name in quotes, got something that is computed',
  ],
  [
    'an index',
    "rule('a', { on: postgres(), when: op => op.tables[0] === 'a', effect: forbid('no') })",
    '1:51 not-in-language `0` expected a name or a name in quotes, got something that is computed',
  ],
  [
    'a label that is no label',
    "rule('a', { on: postgres(), when: op => op.target.labels.__proto__, effect: forbid('no') })",
    "1:58 not-in-language `__proto__` expected a name of the policy's own, got `__proto__`",
  ],
  [
    'an async condition',
    "rule('a', { on: postgres(), when: async op => op.hasWhere, effect: forbid('no') })",
    '1:35 not-in-language `async op => op.hasWhere` expected a condition like `op => op.hasWhere`, got an `async` one',
  ],
  [
    'a condition with a block',
    "rule('a', { on: postgres(), when: op => { return true }, effect: forbid('no') })",
    '1:41 not-in-language `{ return true }` expected an expression behind `=>`, got a block',
  ],
  [
    'a condition without a parameter',
    "rule('a', { on: postgres(), when: () => true, effect: forbid('no') })",
    '1:35 wrong-argument `() => true` expected a condition like `op => op.hasWhere` with one parameter, got 0',
  ],
  [
    'a condition with two parameters',
    "rule('a', { on: postgres(), when: (op, x) => true, effect: forbid('no') })",
    '1:35 wrong-argument `(op, x) => true` expected a condition like `op => op.hasWhere` with one parameter, got 2',
  ],
  [
    'a parameter taken apart',
    "rule('a', { on: postgres(), when: ({ verb }) => verb === 'DELETE', effect: forbid('no') })",
    '1:36 not-in-language `{ verb }` expected a name, got a pattern that takes an object apart',
  ],
  [
    'a parameter with a default',
    "rule('a', { on: postgres(), when: (op = 1) => true, effect: forbid('no') })",
    '1:36 not-in-language `op = 1` expected a name, got a default value',
  ],
  [
    'a parameter with dots',
    "rule('a', { on: postgres(), when: (...op) => true, effect: forbid('no') })",
    '1:36 not-in-language `...op` expected a name, got `...`',
  ],
  [
    'a condition that is a function',
    "rule('a', { on: postgres(), when: function (op) { return true }, effect: forbid('no') })",
    '1:35 wrong-argument `function (op) { return true }` expected a condition like `op => op.hasWhere`, got `function (op) { return true }`',
  ],
  [
    'a condition that is a method',
    "rule('a', { on: postgres(), when(op) { return true }, effect: forbid('no') })",
    '1:29 not-in-language `when(op) { return true }` expected `name: value`, got a method',
  ],
  [
    'a condition that is a value',
    "rule('a', { on: postgres(), when: true, effect: forbid('no') })",
    '1:35 wrong-argument `true` expected a condition like `op => op.hasWhere`, got `true`',
  ],
  [
    'a verb that is none',
    "rule('a', { on: postgres(), when: op => op.verb === 'DELTE', effect: forbid('no') })",
    "1:53 unknown-word `'DELTE'` expected a verb, got `DELTE` → 'DELETE'",
  ],
  [
    'a verb in small letters',
    "rule('a', { on: postgres(), when: op => op.verb === 'delete', effect: forbid('no') })",
    "1:53 unknown-word `'delete'` expected a verb, got `delete` → 'DELETE'",
  ],
  [
    'a verb without quotes',
    "rule('a', { on: postgres(), when: op => op.verb === DELETE, effect: forbid('no') })",
    "1:53 unknown-name `DELETE` expected `op` or a constant, got `DELETE` → 'DELETE'",
  ],
  [
    'a verb among others that is none',
    "rule('a', { on: postgres(), when: op => ['DELETE', 'TRUNCTE'].includes(op.verb), effect: forbid('no') })",
    "1:52 unknown-word `'TRUNCTE'` expected a verb, got `TRUNCTE` → 'TRUNCATE'",
  ],
  [
    'a verb of a constant that is none',
    `const A = ['DELTE']
rule('a', { on: postgres(), when: op => A.includes(op.verb), effect: forbid('no') })`,
    "1:12 unknown-word `'DELTE'` expected a verb, got `DELTE` → 'DELETE'",
  ],
  [
    'two verbs at once',
    "rule('a', { on: postgres(), when: op => op.verb === 'DELETE' && op.verb === 'DROP', effect: forbid('no') })",
    "1:65 no-overlap `op.verb === 'DROP'` expected `DELETE`, got `DROP`: what stands before leaves nothing else",
  ],
  [
    'a verb after another was ruled out',
    "rule('a', { on: postgres(), when: op => (op.verb === 'DELETE' || op.verb === 'UPDATE') && !(op.verb === 'UPDATE') && op.verb === 'UPDATE', effect: forbid('no') })",
    "1:118 no-overlap `op.verb === 'UPDATE'` expected `DELETE`, got `UPDATE`: what stands before leaves nothing else",
  ],
  [
    'a verb that is another one too',
    "rule('a', { on: postgres(), when: op => op.verb !== 'SELECT' ? op.verb === 'SELECT' : op.hasLimit, effect: forbid('no') })",
    "1:64 no-overlap `op.verb === 'SELECT'` expected `INSERT` or `UPDATE` or `DELETE` or `MERGE`, got `SELECT`: what stands before leaves nothing else",
  ],
  [
    'text compared with a number',
    "rule('a', { on: postgres(), when: op => op.object === 1, effect: forbid('no') })",
    '1:41 wrong-type `op.object === 1` expected two values of one kind, got text and a number',
  ],
  [
    'a list compared with text',
    "rule('a', { on: postgres(), when: op => op.tables === 'payments', effect: forbid('no') })",
    "1:41 wrong-type `op.tables === 'payments'` expected two values of one kind, got a list and text",
  ],
  [
    'a list with nothing asked of it',
    "rule('a', { on: postgres(), when: op => op.tables, effect: forbid('no') })",
    '1:41 wrong-type `op.tables` expected true or false, got a list: ask for its `length`',
  ],
  [
    'a record with nothing asked of it',
    "rule('a', { on: postgres(), when: op => op.principal, effect: forbid('no') })",
    '1:41 wrong-type `op.principal` expected true or false, got a principal',
  ],
  [
    'labels compared',
    "rule('a', { on: postgres(), when: op => op.target.labels === 'a', effect: forbid('no') })",
    "1:41 wrong-type `op.target.labels === 'a'` expected two values of one kind, got labels and text",
  ],
  [
    'text as a condition',
    "rule('a', { on: postgres(), when: op => op.text, effect: forbid('no') })",
    '1:41 wrong-type `op.text` expected true or false, got text',
  ],
  [
    'a number as a condition',
    "rule('a', { on: postgres(), when: op => op.statement, effect: forbid('no') })",
    '1:41 wrong-type `op.statement` expected true or false, got a number',
  ],
  [
    '`!` of text',
    "rule('a', { on: postgres(), when: op => !op.object, effect: forbid('no') })",
    '1:42 wrong-type `op.object` expected true or false, got text',
  ],
  [
    '`&&` of text',
    "rule('a', { on: postgres(), when: op => op.hasWhere && op.object, effect: forbid('no') })",
    '1:56 wrong-type `op.object` expected true or false, got text',
  ],
  [
    'order between verbs',
    "rule('a', { on: postgres(), when: op => op.verb > 'A', effect: forbid('no') })",
    "1:51 unknown-word `'A'` expected a verb, got `A`",
  ],
  [
    'order between booleans',
    "rule('a', { on: postgres(), when: op => op.hasWhere < op.hasLimit, effect: forbid('no') })",
    '1:41 wrong-type `op.hasWhere < op.hasLimit` expected `===` or `!==` between true or false and true or false',
  ],
  [
    'two kinds behind `?`',
    "rule('a', { on: postgres(), when: op => (op.hasWhere ? 'a' : 1) === 'a', effect: forbid('no') })",
    "1:42 wrong-type `op.hasWhere ? 'a' : 1` expected two values of one kind, got text and a number",
  ],
  [
    'text before `?`',
    "rule('a', { on: postgres(), when: op => op.object ? true : false, effect: forbid('no') })",
    '1:41 wrong-type `op.object` expected true or false, got text',
  ],
  [
    'a kind of principal that is none',
    "rule('a', { on: postgres(), when: op => op.principal.kind === 'robot', effect: forbid('no') })",
    "1:63 unknown-word `'robot'` expected a principal's kind (`human`, `service`, `agent`), got `robot`",
  ],
  [
    'a misspelt field',
    "rule('a', { on: postgres(), when: op => op.principle.kind === 'agent', effect: forbid('no') })",
    '1:44 unknown-field `principle` expected a field of the operation, got `principle` → principal',
  ],
  [
    'a field from another language',
    "rule('a', { on: postgres(), when: op => op.user.kind === 'agent', effect: forbid('no') })",
    '1:44 unknown-field `user` expected a field of the operation, got `user` → principal',
  ],
  [
    'a misspelt field of a record',
    "rule('a', { on: postgres(), when: op => op.principal.group.includes('dba'), effect: forbid('no') })",
    '1:54 unknown-field `group` expected a field of a principal, got `group` → groups',
  ],
  [
    'a field of text',
    "rule('a', { on: postgres(), when: op => op.text.size > 1, effect: forbid('no') })",
    '1:49 unknown-field `size` expected a field of text, got `size`',
  ],
  [
    'a method that is none',
    "rule('a', { on: postgres(), when: op => op.text.match(/a/), effect: forbid('no') })",
    '1:49 unknown-method `match` expected a method of text, got `match`: patterns are asked with `/…/.test(text)`',
  ],
  [
    'a method from another language',
    "rule('a', { on: postgres(), when: op => op.tables.contains('a'), effect: forbid('no') })",
    '1:51 unknown-method `contains` expected a method of a list, got `contains` → includes',
  ],
  [
    'a misspelt method',
    "rule('a', { on: postgres(), when: op => op.text.startWith('a'), effect: forbid('no') })",
    '1:49 unknown-method `startWith` expected a method of text, got `startWith` → startsWith',
  ],
  [
    'a method without its call',
    "rule('a', { on: postgres(), when: op => op.text.includes, effect: forbid('no') })",
    '1:49 wrong-argument `includes` expected a call, `includes(…)`, got its name alone',
  ],
  [
    'a field that is called',
    "rule('a', { on: postgres(), when: op => op.tables.length() > 0, effect: forbid('no') })",
    '1:41 wrong-argument `op.tables.length()` expected `length` without parentheses: it is a field → op.tables.length',
  ],
  [
    'too few arguments',
    "rule('a', { on: postgres(), when: op => op.text.startsWith(), effect: forbid('no') })",
    '1:41 wrong-argument `op.text.startsWith()` expected `startsWith(text)`, got 0 arguments',
  ],
  [
    'too many arguments',
    "rule('a', { on: postgres(), when: op => op.text.includes('a', 1), effect: forbid('no') })",
    "1:41 wrong-argument `op.text.includes('a', 1)` expected `includes(text)`, got 2 arguments",
  ],
  [
    'arguments that are spread',
    "rule('a', { on: postgres(), when: op => op.text.includes(...['a']), effect: forbid('no') })",
    "1:58 not-in-language `...['a']` expected a value, got `...`",
  ],
  [
    'an argument of another kind',
    "rule('a', { on: postgres(), when: op => op.text.includes(1), effect: forbid('no') })",
    '1:58 wrong-type `1` expected text, got a number',
  ],
  [
    'an element of another kind',
    "rule('a', { on: postgres(), when: op => op.tables.includes(1), effect: forbid('no') })",
    "1:60 wrong-type `1` expected a table's name, got a number",
  ],
  [
    '`some` without a condition',
    "rule('a', { on: postgres(), when: op => op.tables.some('a'), effect: forbid('no') })",
    "1:56 wrong-argument `'a'` expected a condition like `name => name === …`, got `'a'`",
  ],
  [
    '`some` with a condition that is text',
    "rule('a', { on: postgres(), when: op => op.tables.some(t => t), effect: forbid('no') })",
    "1:61 wrong-type `t` expected true or false, got a table's name",
  ],
  [
    'a list of two kinds',
    "rule('a', { on: postgres(), when: op => ['a', 1].includes(op.object), effect: forbid('no') })",
    '1:47 wrong-type `1` expected text like the others, got a number',
  ],
  [
    'an empty list',
    "rule('a', { on: postgres(), when: op => [].includes(op.object), effect: forbid('no') })",
    '1:41 wrong-argument `[]` expected at least one value in the list',
  ],
  [
    'a list of what is not written out',
    "rule('a', { on: postgres(), when: op => [op.object].includes(op.verb), effect: forbid('no') })",
    '1:42 wrong-type `op.object` expected a text or a number that is written out, got `op.object`',
  ],
  [
    'a pattern on its own',
    "rule('a', { on: postgres(), when: op => /a/, effect: forbid('no') })",
    '1:41 not-in-language `/a/` expected `/…/.test(text)`, got a regular expression on its own',
  ],
  [
    'a pattern that is not tested',
    "rule('a', { on: postgres(), when: op => /a/.exec(op.text), effect: forbid('no') })",
    '1:45 unknown-method `exec` expected `test`, got `exec` → test',
  ],
  [
    'a pattern of a number',
    "rule('a', { on: postgres(), when: op => /a/.test(op.statement), effect: forbid('no') })",
    '1:50 wrong-type `op.statement` expected text, got a number',
  ],
  [
    'a pattern without text',
    "rule('a', { on: postgres(), when: op => /a/.test(), effect: forbid('no') })",
    '1:41 wrong-argument `/a/.test()` expected one text: `/…/.test(text)`',
  ],
  [
    'a pattern that looks ahead',
    "rule('a', { on: postgres(), when: op => /(?=a)b/.test(op.text), effect: forbid('no') })",
    "1:41 bad-regex `/(?=a)b/` expected a regular expression in RE2's syntax: invalid or unsupported Perl syntax: `(?=`",
  ],
  [
    'a pattern that refers back',
    "rule('a', { on: postgres(), when: op => /(a)\\1/.test(op.text), effect: forbid('no') })",
    "1:41 bad-regex `/(a)\\1/` expected a regular expression in RE2's syntax: invalid escape sequence: `\\1`",
  ],
  [
    'a pattern that repeats too often',
    "rule('a', { on: postgres(), when: op => /(a{100}){100}/.test(op.text), effect: forbid('no') })",
    "1:41 bad-regex `/(a{100}){100}/` expected a regular expression in RE2's syntax: invalid repeat count: `{100}`",
  ],
  [
    'a flag that has no meaning here',
    "rule('a', { on: postgres(), when: op => /a/g.test(op.text), effect: forbid('no') })",
    '1:41 bad-regex `/a/g` expected the flags `i`, `m` or `s`, got `g`',
  ],
  [
    'a name that is not known',
    "rule('a', { on: postgres(), when: op => o.hasWhere, effect: forbid('no') })",
    '1:41 unknown-name `o` expected `op` or a constant, got `o` → op',
  ],
  [
    'a name of the runtime',
    "rule('a', { on: postgres(), when: op => process.env.HOME, effect: forbid('no') })",
    '1:41 unknown-name `process` expected `op` or a constant, got `process`',
  ],
  [
    'a call that is not known',
    "rule('a', { on: postgres(), when: op => fetch('http://evil'), effect: forbid('no') })",
    '1:41 unknown-name `fetch` expected a value or a method of one, got a call of `fetch`',
  ],
  [
    'a window in words',
    "rule('a', { on: postgres(), when: op => op.run.count('15 minutes') > 1, effect: forbid('no') })",
    "1:54 bad-duration `'15 minutes'` expected a window from `1s` to `1d`, got `'15 minutes'` → '15m'",
  ],
  [
    'a window that is too long',
    "rule('a', { on: postgres(), when: op => op.run.count('DELETE', '2d') > 1, effect: forbid('no') })",
    "1:64 bad-duration `'2d'` expected a window from `1s` to `1d`, got `'2d'`",
  ],
  [
    'a window that is not written out',
    "rule('a', { on: postgres(), when: op => op.run.count(op.object) > 1, effect: forbid('no') })",
    '1:54 wrong-argument `op.object` expected a window in quotes, got `op.object`',
  ],
  [
    'a count of a verb that is none',
    "rule('a', { on: postgres(), when: op => op.run.count('DROPP', '1h') > 1, effect: forbid('no') })",
    "1:54 unknown-word `'DROPP'` expected a verb, got `DROPP` → 'DROP'",
  ],
  [
    'a zone that is none',
    "rule('a', { on: postgres(), when: op => op.time.hour('Europe/Berlln') > 1, effect: forbid('no') })",
    "1:54 unknown-zone `'Europe/Berlln'` expected a time zone like `Europe/Berlin`, got `'Europe/Berlln'` → 'Europe/Berlin'",
  ],
  [
    'a zone that is an offset',
    "rule('a', { on: postgres(), when: op => op.time.hour('+01:00') > 1, effect: forbid('no') })",
    "1:54 unknown-zone `'+01:00'` expected a time zone like `Europe/Berlin`, got `'+01:00'`",
  ],
  [
    'a weekday that is none',
    "rule('a', { on: postgres(), when: op => op.time.weekday('UTC') === 'monday', effect: forbid('no') })",
    "1:68 unknown-word `'monday'` expected a weekday (`mon`, `tue`, `wed`, `thu`, `fri`, `sat`, `sun`), got `monday` → 'mon'",
  ],
  [
    'a quantifier too deep',
    "rule('a', { on: postgres(), when: op => op.tables.some(a => op.tables.some(b => op.tables.some(c => op.tables.some(d => d === a)))), effect: forbid('no') })",
    '1:116 limit `d => d === a` expected at most 3 of `some` and `every` inside each other',
  ],
  [
    'several at once',
    "rule('a', { on: postgres(), when: op => op.verbs === 1 && op.object.foo() && fetch(op.text) || op.hasWere, effect: forbid('no') })",
    '1:44 unknown-field `verbs` expected a field of the operation, got `verbs` → verb',
    '1:69 unknown-method `foo` expected a method of text, got `foo`',
    '1:78 unknown-name `fetch` expected a value or a method of one, got a call of `fetch`',
    '1:99 unknown-field `hasWere` expected a field of the operation, got `hasWere` → hasWhere',
  ],
  [
    'a misspelt table',
    "rule('a', { on: postgres(), when: op => op.tables.includes(shop.payment), effect: forbid('no') })",
    '1:65 unknown-table `payment` expected a table of `shop`, got `payment` → payments',
  ],
  [
    'a table of another schema',
    "rule('a', { on: postgres(), when: op => op.tables.includes(shop.invoices), effect: forbid('no') })",
    '1:65 unknown-table `invoices` expected a table of `shop`, got `invoices` → billing.invoices',
  ],
  [
    'a misspelt schema',
    "rule('a', { on: postgres(), when: op => op.tables.includes(shop.biling.invoices), effect: forbid('no') })",
    '1:65 unknown-table `biling` expected a schema of `shop`, got `biling` → billing',
  ],
  [
    'a misspelt column',
    "rule('a', { on: postgres(), effect: mask({ columns: [shop.customers.emial], with: 'redact' }) })",
    '1:69 unknown-column `emial` expected a column of `shop.customers`, got `emial` → email',
  ],
  [
    'a misspelt column in quotes',
    "rule('a', { on: postgres(), effect: mask({ columns: [shop['order items']['e-mial']], with: 'redact' }) })",
    "1:74 unknown-column `'e-mial'` expected a column of `shop.order items`, got `e-mial` → 'e-mail'",
  ],
  [
    'a misspelt column of another schema',
    "rule('a', { on: postgres(), effect: mask({ columns: [shop.billing.invoices.ibn], with: 'redact' }) })",
    '1:76 unknown-column `ibn` expected a column of `shop.invoices`, got `ibn` → iban',
  ],
  [
    'a table where a column belongs',
    "rule('a', { on: postgres(), effect: mask({ columns: [shop.customers], with: 'redact' }) })",
    '1:54 wrong-reference `shop.customers` expected a column like `shop.customers.email`, got the table `shop.customers`',
  ],
  [
    'a column where a table belongs',
    "rule('a', { on: postgres(), when: op => op.tables.includes(shop.customers.email), effect: forbid('no') })",
    '1:60 wrong-reference `shop.customers.email` expected a table like `shop.payments`, got the column `shop.customers.email`',
  ],
  [
    'a target where a table belongs',
    "rule('a', { on: postgres(), when: op => op.tables.includes(shop), effect: forbid('no') })",
    '1:60 wrong-reference `shop` expected a table like `shop.payments`, got the target `shop`',
  ],
  [
    'a reference where text belongs',
    "rule('a', { on: postgres(), when: op => op.text.includes(shop.customers), effect: forbid('no') })",
    "1:58 wrong-reference `shop.customers` expected text, got `shop.customers`, which names a target's table or column",
  ],
  [
    'a reference as a condition',
    "rule('a', { on: postgres(), when: op => shop.customers, effect: forbid('no') })",
    "1:41 wrong-reference `shop.customers` expected true or false, got `shop.customers`, which names a target's table or column",
  ],
  [
    'a reference compared with a reference',
    "rule('a', { on: postgres(), when: op => shop.customers === shop.orders, effect: forbid('no') })",
    "1:41 wrong-reference `shop.customers` expected text, got `shop.customers`, which names a target's table or column",
  ],
  [
    'a misspelt target of a reference',
    "rule('a', { on: postgres(), effect: mask({ columns: [shp.customers.email], with: 'redact' }) })",
    '1:54 unknown-name `shp` expected the name of a target, got `shp` → shop',
  ],
  [
    "a target's name that is no target",
    "rule('a', { on: postgres(), effect: mask({ columns: [target('nope').customers.email], with: 'redact' }) })",
    "1:61 unknown-target `'nope'` expected the name of a target, got `nope`",
  ],
  [
    'a reference that is computed',
    "rule('a', { on: postgres(), effect: mask({ columns: [shop[`customers${1}`].email], with: 'redact' }) })",
    '1:59 not-in-language ``customers${1}`` expected a name or a name in quotes, got something that is computed',
  ],
  ['no selector', "rule('a', { effect: forbid('no') })", "1:11 missing-option `{ effect: forbid('no') }` expected `on`"],
  [
    'a selector that is none',
    "rule('a', { on: postgre(), effect: forbid('no') })",
    '1:17 unknown-name `postgre` expected `any`, `target`, `postgres`, got `postgre` → postgres',
  ],
  [
    'a selector that is not called',
    "rule('a', { on: postgres, effect: forbid('no') })",
    "1:17 wrong-argument `postgres` expected a selector like `postgres({ env: 'prod' })` or `target('shop')`, got `postgres` → postgres()",
  ],
  [
    'a selector that is text',
    "rule('a', { on: 'shop', effect: forbid('no') })",
    "1:17 wrong-argument `'shop'` expected a selector like `postgres({ env: 'prod' })` or `target('shop')`, got `'shop'`",
  ],
  [
    'a target that is none',
    "rule('a', { on: target('shpo'), effect: forbid('no') })",
    "1:24 unknown-target `'shpo'` expected the name of a target, got `shpo` → 'shop'",
  ],
  [
    'a target that is a number',
    "rule('a', { on: target(1), effect: forbid('no') })",
    '1:24 wrong-type `1` expected the name of a target in quotes, got `1`',
  ],
  ['no target', "rule('a', { on: target([]), effect: forbid('no') })", '1:24 wrong-argument `[]` expected at least one target'],
  [
    'a label that nobody carries',
    "rule('a', { on: postgres({ evn: 'prod' }), effect: forbid('no') })",
    '1:28 unknown-label `evn` expected a label that some target carries, got `evn` → env',
  ],
  [
    'a value that nobody carries',
    "rule('a', { on: postgres({ env: 'production' }), effect: forbid('no') })",
    "1:33 unknown-label `'production'` expected a value of `env` that some target carries, got `production` → 'prod'",
  ],
  [
    'a value that is a number',
    "rule('a', { on: postgres({ env: 1 }), effect: forbid('no') })",
    '1:33 wrong-type `1` expected text in quotes, got `1`',
  ],
  [
    'no value',
    "rule('a', { on: postgres({ env: [] }), effect: forbid('no') })",
    '1:33 wrong-argument `[]` expected at least one value of `env`',
  ],
  [
    'labels that are text',
    "rule('a', { on: postgres('prod'), effect: forbid('no') })",
    "1:26 wrong-argument `'prod'` expected labels in braces, got `'prod'`",
  ],
  [
    'labels twice',
    "rule('a', { on: postgres({ env: 'prod', env: 'staging' }), effect: forbid('no') })",
    '1:41 duplicate-option `env` expected `env` once',
  ],
  [
    'labels that are spread',
    "rule('a', { on: postgres({ ...a }), effect: forbid('no') })",
    '1:28 not-in-language `...a` expected `name: value`, got `...`',
  ],
  [
    'a label called `__proto__`',
    "rule('a', { on: postgres({ __proto__: 'a' }), effect: forbid('no') })",
    "1:28 not-in-language `__proto__` expected a name of the policy's own, got `__proto__`",
  ],
  [
    'a label that is computed',
    "rule('a', { on: postgres({ [a]: 'a' }), effect: forbid('no') })",
    '1:29 not-in-language `a` expected a name or a name in quotes, got something that is computed',
  ],
  [
    'labels with a getter',
    "rule('a', { on: postgres({ get env() { return 'prod' } }), effect: forbid('no') })",
    "1:28 not-in-language `get env() { return 'prod' }` expected `name: value`, got a getter or setter",
  ],
  ['a rule without options', "rule('a')", "1:1 wrong-argument `rule('a')` expected `rule('name', { on, when, effect })`, got 1 argument"],
  ['a rule whose options are text', "rule('a', 'b')", "1:11 wrong-argument `'b'` expected the rule in braces, got `'b'`"],
  ['a rule without an effect', "rule('a', { on: postgres() })", '1:11 missing-option `{ on: postgres() }` expected `effect`'],
  [
    'a rule without a name',
    "rule({ on: postgres(), effect: forbid('no') })",
    "1:1 wrong-argument `rule({ on: postgres(), effect: forbid('no') })` expected `rule('name', { on, when, effect })`, got 1 argument",
  ],
  [
    'a rule with an empty name',
    "rule(' ', { on: postgres(), effect: forbid('no') })",
    "1:6 wrong-type `' '` expected a name of 1 to 200 characters",
  ],
  [
    'a rule whose name is computed',
    "rule('a' + 'b', { on: postgres(), effect: forbid('no') })",
    "1:6 wrong-type `'a' + 'b'` expected the rule's name in quotes, got `'a' + 'b'`",
  ],
  [
    'a rule twice',
    `rule('a', { on: postgres(), effect: forbid('no') })
rule('a', { on: postgres(), effect: forbid('no') })`,
    "2:6 duplicate-rule `'a'` expected a rule of a new name, got `a` again",
  ],
  [
    'a misspelt option of a rule',
    "rule('a', { on: postgres(), wen: op => op.hasWhere, effect: forbid('no') })",
    '1:29 unknown-option `wen` expected `on`, `when`, `unless`, `effect`, `mode`, got `wen` → when',
  ],
  [
    'an option of a rule that is none',
    "rule('a', { on: postgres(), priority: 1, effect: forbid('no') })",
    '1:29 unknown-option `priority` expected `on`, `when`, `unless`, `effect`, `mode`, got `priority`',
  ],
  [
    'a mode that is none',
    "rule('a', { on: postgres(), effect: forbid('no'), mode: 'observ' })",
    "1:57 unknown-word `'observ'` expected `observe` or `enforce`, got `'observ'` → 'observe'",
  ],
  [
    'an effect that is none',
    "rule('a', { on: postgres(), effect: forbidd('no') })",
    '1:37 unknown-effect `forbidd` expected an effect (`forbid`, `requireApproval`, `require`, `mask`, `limit`, `alert`), got `forbidd` → forbid',
  ],
  [
    'an effect that is text',
    "rule('a', { on: postgres(), effect: 'deny' })",
    "1:37 unknown-effect `'deny'` expected an effect (`forbid`, `requireApproval`, `require`, `mask`, `limit`, `alert`), got `'deny'`",
  ],
  [
    'an effect that is not called',
    "rule('a', { on: postgres(), effect: forbid })",
    '1:37 wrong-argument `forbid` expected a call of `forbid`, got its name alone',
  ],
  ['no effect', "rule('a', { on: postgres(), effect: [] })", '1:37 wrong-argument `[]` expected at least one effect'],
  [
    'one wrong effect among others',
    "rule('a', { on: postgres(), effect: [alert('a'), deny('b')] })",
    '1:50 unknown-effect `deny` expected an effect (`forbid`, `requireApproval`, `require`, `mask`, `limit`, `alert`), got `deny` → forbid',
  ],
  [
    '`forbid` without a reason',
    "rule('a', { on: postgres(), effect: forbid() })",
    '1:37 wrong-argument `forbid()` expected `forbid(reason, { … }?)`, got 0 arguments',
  ],
  [
    '`forbid` with an empty reason',
    "rule('a', { on: postgres(), effect: forbid('') })",
    "1:44 wrong-type `''` expected text that is not empty, got `''`",
  ],
  [
    '`forbid` with a misspelt option',
    "rule('a', { on: postgres(), effect: forbid('no', { hnt: 'a' }) })",
    '1:52 unknown-option `hnt` expected `hint`, got `hnt` → hint',
  ],
  [
    'a length of time in words',
    "rule('a', { on: postgres(), effect: requireApproval({ by: 'dba', within: '15 minutes' }) })",
    "1:74 bad-duration `'15 minutes'` expected a length of time from `1s` to `7d`, got `'15 minutes'` → '15m'",
  ],
  [
    'a length of time that is a number',
    "rule('a', { on: postgres(), effect: requireApproval({ by: 'dba', within: 15 }) })",
    '1:74 bad-duration `15` expected a length of time from `1s` to `7d`, got `15`',
  ],
  [
    'a length of time that is too long',
    "rule('a', { on: postgres(), effect: requireApproval({ by: 'dba', within: '30d' }) })",
    "1:74 bad-duration `'30d'` expected a length of time from `1s` to `7d`, got `'30d'`",
  ],
  [
    'somebody who cannot approve',
    "rule('a', { on: postgres(), effect: requireApproval({ by: 'dbas', within: '15m' }) })",
    "1:59 unknown-group `'dbas'` expected `dba`, `security`, got `'dbas'` → 'dba'",
  ],
  [
    'nobody who approves',
    "rule('a', { on: postgres(), effect: requireApproval({ by: [], within: '15m' }) })",
    '1:59 wrong-type `[]` expected a list of at least 1, got `[]`',
  ],
  [
    'a quorum of none',
    "rule('a', { on: postgres(), effect: requireApproval({ by: 'dba', within: '15m', quorum: 0 }) })",
    '1:89 wrong-type `0` expected a whole number from 1 to 5, got `0`',
  ],
  [
    'a quorum that is half',
    "rule('a', { on: postgres(), effect: requireApproval({ by: 'dba', within: '15m', quorum: 1.5 }) })",
    '1:89 wrong-type `1.5` expected a whole number from 1 to 5, got `1.5`',
  ],
  [
    'a misspelt option of an effect',
    "rule('a', { on: postgres(), effect: requireApproval({ by: 'dba', withn: '15m' }) })",
    '1:66 unknown-option `withn` expected `by`, `within`, `quorum`, got `withn` → within',
  ],
  [
    'approval without a time',
    "rule('a', { on: postgres(), effect: requireApproval({ by: 'dba' }) })",
    "1:53 missing-option `{ by: 'dba' }` expected `within`",
  ],
  [
    'evidence of a kind that is none',
    "rule('a', { on: postgres(), effect: require({ evidence: 'witness' }) })",
    "1:57 unknown-word `'witness'` expected `witnessed`, got `'witness'` → 'witnessed'",
  ],
  ['evidence of no kind', "rule('a', { on: postgres(), effect: require({}) })", '1:45 missing-option `{}` expected `evidence`'],
  [
    'evidence that is waited for too long',
    "rule('a', { on: postgres(), effect: require({ evidence: 'witnessed', within: '1h' }) })",
    "1:78 bad-duration `'1h'` expected a length of time from `1s` to `10m`, got `'1h'`",
  ],
  ['a module', "rule('a', { on: postgres(), effect: require('fs') })", "1:45 wrong-argument `'fs'` expected options in braces, got `'fs'`"],
  [
    'a mask of nothing',
    "rule('a', { on: postgres(), effect: mask({ with: 'redact' }) })",
    "1:37 wrong-argument `mask({ with: 'redact' })` expected `columns` or `matching`",
  ],
  [
    'a mask of no columns',
    "rule('a', { on: postgres(), effect: mask({ columns: [], with: 'redact' }) })",
    '1:53 wrong-type `[]` expected a list of at least 1, got `[]`',
  ],
  [
    'a mask of a kind that is none',
    "rule('a', { on: postgres(), effect: mask({ columns: ['email'], with: 'hide' }) })",
    "1:70 unknown-word `'hide'` expected `redact`, `hash`, `last4`, `null`, `partial`, `token`, got `'hide'`",
  ],
  [
    'a mask of a star',
    "rule('a', { on: postgres(), effect: mask({ columns: ['customers.*'], with: 'redact' }) })",
    "1:54 wrong-type `'customers.*'` expected a column like `email`, `customers.email` or `public.customers.email`, got `'customers.*'`",
  ],
  [
    'a mask of text',
    "rule('a', { on: postgres(), effect: mask({ columns: 'email', with: 'redact' }) })",
    "1:53 wrong-type `'email'` expected a list, got `'email'`",
  ],
  [
    'a mask of a pattern in quotes',
    "rule('a', { on: postgres(), effect: mask({ matching: 'a', with: 'redact' }) })",
    "1:54 wrong-type `'a'` expected a regular expression like `/…/`, got `'a'`",
  ],
  [
    'a mask of a pattern that looks behind',
    "rule('a', { on: postgres(), effect: mask({ matching: /(?<=a)b/, with: 'redact' }) })",
    "1:54 bad-regex `/(?<=a)b/` expected a regular expression in RE2's syntax: invalid named capture: `(?<=a)b`",
  ],
  [
    'a limit of nothing',
    "rule('a', { on: postgres(), effect: limit({ over: 'cut' }) })",
    "1:37 wrong-argument `limit({ over: 'cut' })` expected `rows`, `bytes` or `perMinute`",
  ],
  [
    'a limit without a consequence',
    "rule('a', { on: postgres(), effect: limit({ rows: 10 }) })",
    '1:43 missing-option `{ rows: 10 }` expected `over`',
  ],
  [
    'a limit that cuts commands',
    "rule('a', { on: postgres(), effect: limit({ perMinute: 10, over: 'cut' }) })",
    "1:37 wrong-argument `limit({ perMinute: 10, over: 'cut' })` expected `deny` or `hold` for `perMinute`, got `cut`: a command cannot be cut",
  ],
  [
    'a limit that would hold an answer which has begun',
    "rule('a', { on: postgres(), effect: [limit({ rows: 10, over: 'hold' }), limit({ bytes: 10, per: 'command', over: 'hold' })] })",
    "1:38 wrong-argument `limit({ rows: 10, over: 'hold' })` expected `cut` or `deny` for the `rows` and `bytes` of one command, got `hold`: they are known when they come, and then nobody can be asked; with `per: 'run'` the commands that come after are held",
    "1:73 wrong-argument `limit({ bytes: 10, per: 'command', over: 'hold' })` expected `cut` or `deny` for the `rows` and `bytes` of one command, got `hold`: they are known when they come, and then nobody can be asked; with `per: 'run'` the commands that come after are held",
  ],
  [
    'a denial with something to be done to the answer',
    "rule('a', { on: postgres(), effect: [alert('a'), mask({ columns: ['email'], with: 'redact' }), forbid('no')] })",
    "1:50 wrong-argument `mask({ columns: ['email'], with: 'redact' })` expected no `mask` beside `forbid`: the command does not run, so nothing would come of it",
  ],
  [
    'a mask by pattern that says what may be asked',
    "rule('a', { on: postgres(), effect: mask({ matching: /a/, predicates: 'refuse', with: 'redact' }) })",
    "1:37 wrong-argument `mask({ matching: /a/, predicates: 'refuse', with: 'redact' })` expected `columns` with `predicates`: what may be asked is known of columns alone",
  ],
  [
    'a limit that is below nothing',
    "rule('a', { on: postgres(), effect: limit({ rows: -1, over: 'cut' }) })",
    '1:51 wrong-type `-1` expected a whole number from 0 to 1000000000, got `-1`',
  ],
  [
    'a limit that is text',
    "rule('a', { on: postgres(), effect: limit({ rows: '10', over: 'cut' }) })",
    "1:51 wrong-type `'10'` expected a whole number from 0 to 1000000000, got `'10'`",
  ],
  [
    'a limit per something else',
    "rule('a', { on: postgres(), effect: limit({ rows: 10, per: 'team', over: 'cut' }) })",
    "1:60 unknown-word `'team'` expected `command`, `session`, `run`, `principal`, got `'team'`",
  ],
  [
    'an alert of a severity that is none',
    "rule('a', { on: postgres(), effect: alert('a', { severity: 'high' }) })",
    "1:60 unknown-word `'high'` expected `info`, `warning`, `critical`, got `'high'`",
  ],
  [
    'a test without a verdict',
    "test('a', postgres`SELECT 1`)",
    "1:1 wrong-argument `test('a', postgres`SELECT 1`)` expected `test('name', statement, verdict, { … }?)`, got 2 arguments",
  ],
  [
    'a test of a verdict that is none',
    "test('a', postgres`SELECT 1`, 'denied')",
    "1:31 unknown-word `'denied'` expected a verdict (`allow`, `hold`, `deny`), got `'denied'`",
  ],
  [
    'a test of text',
    "test('a', 'SELECT 1', 'deny')",
    "1:11 wrong-argument `'SELECT 1'` expected a statement in backticks behind the name of a target or a protocol, got `'SELECT 1'`",
  ],
  [
    'a test of a statement with holes',
    "test('a', postgres`SELECT ${1}`, 'deny')",
    '1:19 not-in-language ``SELECT ${1}`` expected a statement without holes, got text with holes',
  ],
  [
    'a test on a target that is none',
    "test('a', shpo`SELECT 1`, 'deny')",
    '1:11 unknown-target `shpo` expected a target or a protocol before the statement, got `shpo` → shop',
  ],
  [
    'a test on a table',
    "test('a', shop.orders`SELECT 1`, 'deny')",
    '1:11 unknown-target `shop.orders` expected a target or a protocol before the statement, got `shop.orders`',
  ],
  [
    'a test twice',
    `test('a', postgres\`SELECT 1\`, 'deny')
test('a', postgres\`SELECT 1\`, 'allow')`,
    "2:6 duplicate-test `'a'` expected a test of a new name, got `a` again",
  ],
  [
    'a test of a kind that is none',
    "test('a', postgres`SELECT 1`, 'deny', { kind: 'robot' })",
    "1:47 unknown-word `'robot'` expected a kind of principal (`human`, `service`, `agent`), got `'robot'`",
  ],
  [
    'a test with a misspelt option',
    "test('a', postgres`SELECT 1`, 'deny', { group: ['a'] })",
    '1:41 unknown-option `group` expected `kind`, `name`, `groups`, `task`, `labels`, `at`, `masked`, got `group` → groups',
  ],
  [
    'a test at no time',
    "test('a', postgres`SELECT 1`, 'deny', { at: 'yesterday' })",
    "1:45 wrong-type `'yesterday'` expected a time like `2026-01-07T12:00:00Z`, got `yesterday`",
  ],
  [
    'a test with groups that are text',
    "test('a', postgres`SELECT 1`, 'deny', { groups: 'dba' })",
    "1:49 wrong-type `'dba'` expected a list, got `'dba'`",
  ],
  [
    'a test with a number for a name',
    "test('a', postgres`SELECT 1`, 'deny', { name: 1 })",
    '1:47 wrong-type `1` expected text in quotes, got `1`',
  ],
  [
    'a test with a misspelt masked column',
    "test('a', postgres`SELECT 1`, 'deny', { masked: [shop.customers.emial] })",
    '1:65 unknown-column `emial` expected a column of `shop.customers`, got `emial` → email',
  ],
  [
    'a test with an escape that means nothing',
    "test('a', postgres`\\u{zz}`, 'deny')",
    '1:19 not-in-language ``\\u{zz}`` expected a statement, got an escape that means nothing',
  ],
  [
    'a comparison of two constant lists',
    "rule('a', { on: postgres(), when: op => ['a'] === ['a'], effect: forbid('no') })",
    "1:41 wrong-type `['a'] === ['a']` expected two values of one kind, got a list and a list",
  ],
  [
    'a reference in a list of a quantifier',
    `const A = [shop.orders]
rule('a', { on: postgres(), when: op => A.some(t => op.tables.includes(t)), effect: forbid('no') })`,
    '2:41 wrong-reference `A` expected a list of texts or numbers, got one with live references: ask it with `includes`',
  ],
  [
    'a spread rule',
    "rule('a', { ...b, effect: forbid('no') })",
    "1:11 missing-option `{ ...b, effect: forbid('no') }` expected `on`",
    '1:13 not-in-language `...b` expected `name: value`, got `...`',
  ],
  ['spread arguments of a rule', "rule(...['a', {}])", "1:6 not-in-language `...['a', {}]` expected a value, got `...`"],
  [
    'an effect that is spread',
    "rule('a', { on: postgres(), effect: [...[forbid('no')]] })",
    "1:37 wrong-argument `[...[forbid('no')]]` expected at least one effect",
    "1:38 not-in-language `...[forbid('no')]` expected a value, got `...`",
  ],
  [
    'a constant of text where a number belongs',
    `const A = 'x'
rule('a', { on: postgres(), effect: limit({ rows: A, over: 'cut' }) })`,
    "1:11 wrong-type `'x'` expected a whole number from 0 to 1000000000, got `'x'`",
  ],
  [
    'a constant used before it could be',
    "rule('a', { on: postgres(), when: op => op.object === B, effect: forbid('no') })",
    '1:55 unknown-name `B` expected `op` or a constant, got `B`',
  ],
  [
    'an empty list as a constant',
    `const A = []
rule('a', { on: postgres(), when: op => A.includes(op.object), effect: forbid('no') })`,
    '1:11 wrong-argument `[]` expected at least one value in the list',
  ],
  ['a generator', 'function* f() {}', '1:1 not-in-language `function* f() {}` expected a rule, a test or a constant, got a function'],
  [
    '`var`',
    `var A = 'a'
rule('a', { on: postgres(), when: op => op.object === A, effect: forbid('no') })`,
    '1:1 not-in-language `var` expected `const`, got `var` → const',
  ],
  [
    'a label before a rule',
    "a: rule('a', { on: postgres(), effect: forbid('no') })",
    "1:1 not-in-language `a: rule('a', { on: postgres(), effect: forbid('no') })` expected a rule, a test or a constant, got a label",
  ],
  [
    'a rule in a rule',
    "rule('a', { on: postgres(), effect: rule('b', { on: postgres(), effect: forbid('no') }) })",
    '1:37 unknown-effect `rule` expected an effect (`forbid`, `requireApproval`, `require`, `mask`, `limit`, `alert`), got `rule`',
  ],
  [
    '`super`',
    "rule('a', { on: postgres(), when: op => super.verb, effect: forbid('no') })",
    '1:41 syntax `super` expected correct syntax: `super` keyword outside a method',
  ],
  [
    'a private name',
    "rule('a', { on: postgres(), when: op => op.#verb, effect: forbid('no') })",
    '1:44 syntax `#` expected correct syntax: private field `#verb` must be declared in an enclosing class',
  ],
  [
    'an item used where there is none',
    "rule('a', { on: postgres(), when: op => op.tables.some(t => t === 'a') && t === 'b', effect: forbid('no') })",
    '1:75 unknown-name `t` expected `op` or a constant, got `t`',
  ],
  [
    'a word of one list asked of another',
    "rule('a', { on: postgres(), when: op => op.principal.kind === op.transaction, effect: forbid('no') })",
    "1:41 wrong-type `op.principal.kind` expected a transaction's state (`idle`, `transaction`, `failed`), got a principal's kind (`human`, `service`, `agent`)",
    "1:63 wrong-type `op.transaction` expected a principal's kind (`human`, `service`, `agent`), got a transaction's state (`idle`, `transaction`, `failed`)",
  ],
  [
    'a reference to what a list does not hold',
    "rule('a', { on: postgres(), when: op => op.functions.includes(shop.orders), effect: forbid('no') })",
    "1:63 wrong-reference `shop.orders` expected a function's name, got `shop.orders`, which names a target's table or column",
  ],
  [
    'labels with nothing asked of them',
    "rule('a', { on: postgres(), when: op => op.target.labels, effect: forbid('no') })",
    '1:41 wrong-type `op.target.labels` expected true or false, got labels',
  ],
  [
    'the operation as a condition',
    "rule('a', { on: postgres(), when: op => op, effect: forbid('no') })",
    '1:41 wrong-type `op` expected true or false, got the operation',
  ],
  [
    'a time with nothing asked of it',
    "rule('a', { on: postgres(), when: op => op.time, effect: forbid('no') })",
    '1:41 wrong-type `op.time` expected true or false, got the time',
  ],
  [
    'a run called',
    "rule('a', { on: postgres(), when: op => op.run('1h') > 1, effect: forbid('no') })",
    "1:41 wrong-argument `op.run('1h')` expected `run` without parentheses: it is a field → op.run",
  ],
  [
    'an `on` that is a constant',
    `const A = 'shop'
rule('a', { on: A, effect: forbid('no') })`,
    '1:7 warning unused-const `A` expected `A` to be used somewhere',
    "2:17 wrong-argument `A` expected a selector like `postgres({ env: 'prod' })` or `target('shop')`, got `A`",
  ],
  [
    'a hidden character',
    "rule('a', { on: postgres(), when: op => op.object === 'a\u202e', effect: forbid('no') })\u200b@",
    '1:57 hidden-character `\u202e` expected only what can be seen, got `\\u202e` → \\u202e',
    '1:84 hidden-character `\u200b` expected only what can be seen, got `\\u200b` → \\u200b',
    '1:84 syntax `\u200b` expected correct syntax: unexpected character `\u200b`',
  ],
  [
    'old octal numbers',
    "rule('a', { on: postgres(), when: op => op.statement === 010, effect: forbid('no') })",
    '1:58 syntax `0` expected correct syntax: invalid number',
  ],
  ['`with`', 'with (a) {}', '1:1 syntax `with` expected correct syntax: `with` in strict mode'],
  [
    'approval by too many words',
    "rule('a', { on: postgres(), effect: requireApproval('dba', { within: '15m' }) })",
    "1:37 wrong-argument `requireApproval('dba', { within: '15m' })` expected `requireApproval({ … })`, got 2 arguments",
  ],
  [
    'an approval that is asked of a number',
    "rule('a', { on: postgres(), effect: requireApproval({ by: 1, within: '15m' }) })",
    '1:59 unknown-group `1` expected `dba`, `security`, got `1`',
  ],
  [
    'a regular expression that is not one of text',
    "rule('a', { on: postgres(), effect: mask({ matching: new RegExp('a'), with: 'redact' }) })",
    "1:54 wrong-type `new RegExp('a')` expected a regular expression like `/…/`, got `new RegExp('a')`",
  ],
  [
    'text that reads from right to left',
    "rule('a', { on: postgres(), when: op => op.object === 'a\u202eb\u2066', effect: forbid('no') })",
    '1:57 hidden-character `\u202e` expected only what can be seen, got `\\u202e` → \\u202e',
    '1:59 hidden-character `\u2066` expected only what can be seen, got `\\u2066` → \\u2066',
  ],
  [
    'a flag that no language has',
    "rule('a', { on: postgres(), when: op => /a/k.test(op.text), effect: forbid('no') })",
    '1:41 bad-regex `/a/k` expected the flags `i`, `m` or `s`, each once',
  ],
  [
    'a flag twice',
    "rule('a', { on: postgres(), when: op => /a/ii.test(op.text), effect: forbid('no') })",
    '1:41 bad-regex `/a/ii` expected the flags `i`, `m` or `s`, each once',
  ],
  [
    'a pattern with a slash in a class',
    "rule('a', { on: postgres(), when: op => /[/](/.test(op.text), effect: forbid('no') })",
    '1:41 bad-regex `/[/](/` expected a regular expression: unterminated group',
  ],
  [
    'a list of principals asked for one',
    "rule('a', { on: postgres(), when: op => op.delegation.includes(op.principal), effect: forbid('no') })",
    '1:41 wrong-type `op.delegation` expected a list of texts or numbers: ask this one with `some`',
  ],
  [
    'names read as text',
    `rule('a', {
  on: postgres(),
  when: op =>
    op.tables.some(t => t.startsWith('pay')) ||
    op.reads.every(path => /ssn$/.test(path)) ||
    op.functions.some(f => f.toLowerCase() === 'dblink') ||
    op.columns.some(c => c < 'b') ||
    op.tables.some(t => op.text.includes(t)),
  effect: forbid('no'),
})`,
    "4:27 unknown-method `startsWith` expected a table's name to be compared with `===`, or asked for its parts, got `startsWith`: it may leave something out → name.startsWith",
    '5:40 wrong-type `path` expected text, got `path`, a column of a table: it may leave something out, so compare it with `===` or ask for `schema`, `table`, `column` → path.column',
    "6:30 unknown-method `toLowerCase` expected a function's name to be compared with `===`, or asked for its parts, got `toLowerCase`: it may leave something out → name.toLowerCase",
    "7:26 wrong-type `c < 'b'` expected `===` or `!==` between a column's name and text",
    "8:42 wrong-type `t` expected text, got `t`, a table's name: it may leave something out, so compare it with `===` or ask for `schema`, `name` → t.name",
  ],
  [
    'names of two kinds beside each other',
    "rule('a', { on: postgres(), when: op => op.tables.some(t => op.reads.some(r => r === t)) || op.functions.some(f => op.tables.includes(f)), effect: forbid('no') })",
    "1:86 wrong-type `t` expected a column of a table, got `t`, a table's name: it may leave something out, so compare it with `===` or ask for `schema`, `name` → t.name",
    "1:135 wrong-type `f` expected a table's name, got `f`, a function's name: it may leave something out, so compare it with `===` or ask for `name` → f.name",
  ],
  [
    'a name as one of two texts',
    "rule('a', { on: postgres(), when: op => op.tables.some(t => (op.hasWhere ? t : 'b') === 'a'), effect: forbid('no') })",
    "1:76 wrong-type `t` expected text, got `t`, a table's name: it may leave something out, so compare it with `===` or ask for `schema`, `name` → t.name",
  ],
  [
    'a whole table where one column is expected, beside a name',
    "rule('a', { on: postgres(), when: op => op.reads.some(r => r === 'customers.*' || ['orders.*'].includes(r)), effect: forbid('no') })",
    "1:66 wrong-argument `'customers.*'` expected one column, got `customers.*`: ask `op.tables` for a whole table",
    "1:84 wrong-argument `'orders.*'` expected one column, got `orders.*`: ask `op.tables` for a whole table",
  ],
]
