import type { LiveSchema } from '@steno/policy-dsl'
import { isIdentifier } from './live-names.ts'

/** A piece of a policy to fill in, in the syntax of the editor's snippets. */
export interface Snippet {
  label: string
  about: string
  body: string
}

/** Gives the pieces that policies are mostly made of, with names of the live world where they ask for one. */
export function snippetsFor(live: LiveSchema): Snippet[] {
  const { target, table, column, approver } = examples(live)
  const on = place(1, target)
  return [
    {
      label: 'rule',
      about: 'forbids what its condition is about',
      body: rule([
        `on: ${on}`,
        "when: op => ${2:op.verb === 'DELETE' && !op.hasWhere}",
        "effect: forbid('${3:why not}', { hint: '${4:what to do instead}' })",
      ]),
    },
    {
      label: 'hold',
      about: 'has people agree before a command runs',
      body: rule([
        `on: ${on}`,
        "when: op => ${2:op.verb === 'DELETE'}",
        `effect: requireApproval({ by: '${place(3, approver)}', within: '\${4:15m}' })`,
      ]),
    },
    {
      label: 'mask',
      about: 'hides the values of columns',
      body: rule([
        `on: ${on}`,
        "when: op => ${2:op.principal.kind === 'agent'}",
        `effect: mask({ columns: [${column === null ? "'${3:table.column}'" : place(3, column)}], with: '\${4|redact,hash,last4,null,partial,token|}' })`,
      ]),
    },
    {
      label: 'limit',
      about: 'cuts answers that are too long',
      body: rule([`on: ${on}`, "effect: limit({ rows: ${2:1000}, over: '${3|cut,deny,hold|}' })"]),
    },
    {
      label: 'alert',
      about: 'tells whoever watches, and lets the command run',
      body: rule([
        `on: ${on}`,
        "when: op => ${2:op.verb === 'GRANT'}",
        "effect: alert('${3:what happened}', { severity: '${4|warning,info,critical|}' })",
      ]),
    },
    {
      label: 'observe',
      about: 'writes down what a rule would have done',
      body: rule([`on: ${on}`, "when: op => ${2:op.verb === 'DELETE'}", "effect: forbid('${3:why not}')", "mode: 'observe'"]),
    },
    {
      label: 'test',
      about: 'says what must come of a statement; a policy whose tests fail is not published',
      body: `test('\${1:what must come of it}', ${place(2, target === 'postgres()' ? 'postgres' : target)}\`\${3:DELETE FROM ${escape(table)}}\`, '\${4|deny,hold,allow|}')\n`,
    },
  ]
}

function rule(parts: readonly string[]): string {
  return `rule('\${9:what it is for}', {\n${parts.map(part => `  ${part},\n`).join('')}})\n`
}

function place(number: number, text: string): string {
  return `\${${number}:${escape(text)}}`
}

function escape(text: string): string {
  return text.replaceAll(/[$}\\]/g, '\\$&')
}

/** Names to begin with: the first of each kind that can stand in a policy as it is. */
function examples({ targets, approvers }: LiveSchema): { target: string; table: string; column: string | null; approver: string } {
  const approver = approvers[0] ?? 'approver'
  for (const { name, schemas } of targets) {
    if (!isIdentifier(name)) continue
    const tables = (schemas ?? []).filter(({ isDefault }) => isDefault).flatMap(schema => schema.tables)
    const table = tables.find(one => isIdentifier(one.name) && one.columns.some(column => isIdentifier(column.name)))
    const column = table?.columns.find(one => isIdentifier(one.name))
    return {
      target: name,
      table: table?.name ?? 'a_table',
      column: table && column ? `${name}.${table.name}.${column.name}` : null,
      approver,
    }
  }
  return { target: 'postgres()', table: 'a_table', column: null, approver }
}
