/// <reference types="node" />
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { beforeAll, describe, expect, it } from 'vitest'
import { Catalogue, type RelationData } from './catalogue.ts'
import { createParser, type Parser } from './parser.ts'
import { relation, routine } from './test-catalogue.ts'

let parser: Parser

beforeAll(async () => {
  parser = await createParser({ loadWasm: () => readFile(createRequire(import.meta.url).resolve('libpg-query/wasm/libpg-query.wasm')) })
})

const wipes = routine('s.wipes', 'plpgsql', 'BEGIN DELETE FROM log; RETURN 1; END', { parameters: ['x'] })

/** What a statement does to tables, in a database that has these. */
function changes(text: string, relations: RelationData[], routines = [wipes]): string[] {
  const catalogue = new Catalogue({
    searchPath: ['s'],
    serverVersion: 180_000,
    relations: [...relations, relation('s.log', ['at'])],
    routines,
  })
  return parser
    .understand(text, { catalogue })
    .filter(({ verb, inside }) => inside !== undefined && verb !== 'SELECT')
    .map(({ verb, tables, hasWhere, writes = [], inside }) =>
      [verb, ...tables, ...(hasWhere === undefined ? [] : [hasWhere ? '+where' : '-where']), ...writes, `(${inside})`].join(' '),
    )
}

describe('rows that a foreign key takes along', () => {
  const child = { ...relation('s.child', ['id', 'parent_id']), oid: 11 }
  const grandchild = { ...relation('s.grandchild', ['child_id']), oid: 12 }
  const referenced = (onDelete: 'none' | 'cascade' | 'set', onUpdate: 'none' | 'cascade' | 'set'): RelationData[] => [
    relation('s.parent', ['id', 'name'], { referencedBy: [{ from: 11, columns: ['parent_id'], keys: ['id'], onDelete, onUpdate }] }),
    { ...child, referencedBy: [{ from: 12, columns: ['child_id'], keys: ['id'], onDelete: 'cascade', onUpdate: 'none' }] },
    grandchild,
  ]

  it('are deleted with those they lead to, at any distance', () => {
    expect(changes('DELETE FROM parent WHERE id = 1', referenced('cascade', 'none'))).toEqual([
      'DELETE s.child +where (foreign key s.child)',
      'DELETE s.grandchild +where (foreign key s.grandchild)',
    ])
    expect(changes('DELETE FROM parent', referenced('cascade', 'none'))[1]).toBe('DELETE s.grandchild -where (foreign key s.grandchild)')
    expect(changes('TRUNCATE parent CASCADE', referenced('none', 'none'))).toEqual([
      'TRUNCATE s.child (foreign key s.child)',
      'TRUNCATE s.grandchild (foreign key s.grandchild)',
    ])
  })

  it('are changed where the key says so', () => {
    expect(changes('DELETE FROM parent WHERE id = 1', referenced('set', 'none'))).toEqual([
      'UPDATE s.child +where s.child.parent_id (foreign key s.child)',
    ])
    expect(changes('UPDATE parent SET id = 2 WHERE id = 1', referenced('none', 'cascade'))).toEqual([
      'UPDATE s.child +where s.child.parent_id (foreign key s.child)',
    ])
  })

  it('stay as they are when nothing they lead to goes or changes', () => {
    expect(changes("UPDATE parent SET name = 'x'", referenced('cascade', 'cascade'))).toEqual([])
    expect(changes('DELETE FROM parent', referenced('none', 'none'))).toEqual([])
    expect(changes('INSERT INTO parent VALUES (1)', referenced('cascade', 'cascade'))).toEqual([])
  })

  it('are told once when keys lead in a circle', () => {
    const [first] = referenced('cascade', 'none')
    const self = { ...first!, oid: 11 }
    expect(changes('DELETE FROM parent WHERE id = 1', [self])).toEqual(['DELETE s.parent +where (foreign key s.parent)'])
  })
})

describe('what a table makes PostgreSQL work out', () => {
  const wiped = expect.arrayContaining([expect.stringMatching(/^DELETE s\.log -where/)])
  const indexed = relation('s.indexed', ['id'], { indexes: ['s.wipes(id)'] })

  it.each([
    'ANALYZE',
    'ANALYZE indexed',
    'VACUUM (ANALYZE)',
    'VACUUM FULL',
    'VACUUM ANALYZE log, indexed',
    'REINDEX TABLE indexed',
    'REINDEX INDEX indexed_key',
    'REINDEX SCHEMA s',
    'CLUSTER',
  ])('shows in %s', text => expect(changes(text, [indexed])).toEqual(wiped))

  it('is nothing where nothing is called', () => {
    expect(changes('ANALYZE', [relation('s.indexed', ['id'], { indexes: ['(id + 1)'] })])).toEqual([])
  })

  it('shows in the condition of a trigger', () => {
    const quiet = routine('s.quiet', 'plpgsql', 'BEGIN RETURN new; END')
    const definition = 'CREATE TRIGGER t BEFORE INSERT ON s.asked FOR EACH ROW WHEN ((s.wipes(new.id) > 0)) EXECUTE FUNCTION s.quiet()'
    const asked = relation('s.asked', ['id'], { triggers: [{ events: ['INSERT'], routine: { schema: 's', name: 'quiet' }, definition }] })
    expect(changes('INSERT INTO asked VALUES (1)', [asked], [wipes, quiet])).toEqual(wiped)
    expect(changes('DELETE FROM asked', [asked], [wipes, quiet])).toEqual([])
  })

  it('shows in arguments that a call may leave out', () => {
    const lazy = routine('s.lazy', 'sql', 'SELECT $1', { parameters: ['x'], defaults: 's.wipes(1)' })
    expect(changes('SELECT lazy()', [], [wipes, lazy])).toEqual(wiped)
  })
})
