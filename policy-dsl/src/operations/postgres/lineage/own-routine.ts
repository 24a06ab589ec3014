import type { RoutineData } from '../catalogue.ts'

/** What PostgreSQL brings along has lower numbers. */
const addedOid = 16_384

/** Whether a routine is one that PostgreSQL brings along. */
export function isOwnRoutine({ oid, schema }: Pick<RoutineData, 'oid' | 'schema'>): boolean {
  return oid < addedOid && (schema === 'pg_catalog' || schema === 'information_schema')
}
