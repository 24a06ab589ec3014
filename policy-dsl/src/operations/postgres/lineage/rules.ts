import type { RelationData, RuleData } from '../catalogue.ts'
import { fieldsOf, isFields, list, readNode, text, type Fields } from '../tree.ts'
import type { Context } from './context.ts'
import { columnsOf } from './masked-columns.ts'
import { nodesIn } from './nodes-in.ts'
import { mentionedInStatements } from './routines.ts'
import { derived } from './value.ts'

/**
 * Refuses a change of relations that rewrite rules make into something that
 * reads masked columns or answers rows of its own: no mask follows a rule.
 */
export function forbidRules(relations: RelationData[], events: RuleData['event'][], context: Context): void {
  const seen = new Set<string>()
  const waiting = relations.flatMap(relation => events.map(event => ({ relation, event })))
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const { relation, event } = next
    const key = `${relation.oid} ${event}`
    if (seen.has(key)) continue
    seen.add(key)
    for (const rule of context.request.catalogue.rules(relation, event)) waiting.push(...followRule(rule, relation, context))
    // A change of a view is made into one of the table behind it, with the rules of that.
    waiting.push(...behindView(relation, context).map(behind => ({ relation: behind, event })))
  }
}

type Step = { relation: RelationData; event: RuleData['event'] }

const events: Record<string, RuleData['event'][]> = { InsertStmt: ['INSERT', 'UPDATE'], UpdateStmt: ['UPDATE'], DeleteStmt: ['DELETE'] }

/** The changes that a rule makes in turn. */
function followRule(rule: RuleData, relation: RelationData, context: Context): Step[] {
  const syntax = context.request.parse(rule.definition)
  const made = syntax.kind === 'statements' ? fieldsOf(syntax.statements[0], 'RuleStmt') : null
  if (!made) throw context.refuse(`a rule of \`${relation.name}\` cannot be read`, 'change the tables behind it instead')
  const actions = list(made['actions'])
  const place = { isMuted: true, searchPath: context.request.catalogue.data.searchPath, isPrinted: true }
  return context.elsewhere(place, () => {
    const [own] = derived(columnsOf(relation, context).map(column => column.value)).sources
    const [read] = mentionedInStatements([...actions, made['whereClause']], context)
    const source = own ?? read
    if (source && !isNothing(actions))
      throw context.refuse(
        `a rule of \`${relation.name}\` does more, and \`${source.column}\`, which is masked, is part of it`,
        'ask somebody who may see the column to do it',
        source,
      )
    if (actions.some(action => fieldsOf(action, 'SelectStmt') !== null))
      throw context.refuse(`a rule of \`${relation.name}\` answers rows that no mask follows`, 'change the tables behind it instead')
    return nodesIn(actions).flatMap(({ kind, fields }) => {
      const target = isFields(fields['relation']) ? readNode(fields['relation'], 'relation').fields : {}
      return Object.hasOwn(events, kind) ? changedBy(target, events[kind] ?? [], context) : []
    })
  })
}

function isNothing(actions: unknown[]): boolean {
  return actions.length === 0
}

function changedBy(target: Fields, changes: RuleData['event'][], context: Context): Step[] {
  const relations = context.relations(text(target['schemaname']) || null, text(target['relname']))
  return relations.flatMap(relation => changes.map(event => ({ relation, event })))
}

function behindView({ kind, definition }: RelationData, context: Context): RelationData[] {
  if (kind !== 'view' || definition === undefined) return []
  const syntax = context.request.parse(definition)
  if (syntax.kind !== 'statements') return []
  const place = { isMuted: true, searchPath: context.request.catalogue.data.searchPath, isPrinted: true }
  return context.elsewhere(place, () =>
    list(fieldsOf(syntax.statements[0], 'SelectStmt')?.['fromClause']).flatMap(item => {
      const range = fieldsOf(item, 'RangeVar')
      return range ? context.relations(text(range['schemaname']) || null, text(range['relname'])) : []
    }),
  )
}
