import { describe, expect, it } from 'vitest'
import { SchemaChanges } from './schema-changes.ts'

const after = (...done: [tag: string, text?: string][]) => {
  const changes = new SchemaChanges()
  for (const [tag, text = ''] of done) changes.done(tag, text)
  return { isCode: changes.areOfCode, hadAny: changes.idle(), hasMore: changes.idle() }
}

describe('the schema', () => {
  it('is as it was after what reads and changes rows', () => {
    for (const [tag, text] of [
      ['SELECT 1', 'select 1'],
      ['INSERT 0 1', 'insert into t select 1'],
      ['UPDATE 1', ''],
      ['BEGIN', ''],
    ] as const)
      expect(after([tag, text])).toEqual({ isCode: false, hadAny: false, hasMore: false })
  })

  it('is read again once after tables were made or dropped', () => {
    for (const [tag, text] of [
      ['CREATE TABLE', ''],
      ['DROP INDEX', ''],
      ['SELECT 3', 'create table t as select 1'],
      ['SELECT 3', 'select 1 into t'],
      ['INSERT 0 1', 'create table t (a int); insert into t values (1)'],
    ] as const)
      expect([text, after([tag, text])]).toEqual([text, { isCode: false, hadAny: true, hasMore: false }])
  })

  it('names other code after what made, changed or ran some', () => {
    for (const tag of ['CREATE FUNCTION', 'CREATE VIEW', 'ALTER TABLE', 'DROP FUNCTION', 'DO', 'CALL', 'IMPORT FOREIGN SCHEMA'])
      expect([tag, after([tag], ['CREATE TABLE'])]).toEqual([tag, { isCode: true, hadAny: true, hasMore: false }])
  })
})
