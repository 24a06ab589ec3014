import type { MaskKind } from '../decision.ts'
import type { MaskKey } from './mask-key.ts'
import { masks } from './registry.ts'

/** Hides one value of a certain type, in its text form. */
export type Hide = (value: string, key: MaskKey) => string | null

/** Types whose values may be any text. */
const textTypes = new Set(['text', 'varchar', 'bpchar', 'name', 'citext', 'unknown'])

/** What PostgreSQL's own names for types are short for. */
const aliases: Record<string, string> = {
  'character varying': 'varchar',
  character: 'bpchar',
  smallint: 'int2',
  integer: 'int4',
  bigint: 'int8',
}

/**
 * Gives what hides values of a PostgreSQL type so that they stay values of that
 * type; null where the kind has nothing to show there: `[redacted]` is no
 * number and no date. Then NULL is the only thing that hides and can be read.
 */
export function maskFor(kind: MaskKind, typeName: string): Hide | null {
  const mask = Object.hasOwn(masks, kind) ? masks[kind] : undefined
  if (!mask) throw new Error(`expected a known mask, got \`${String(kind)}\``)
  // `varchar(20)` and `character varying(20)` are texts of a length; whoever reads them does not count.
  const written = typeName
    .toLowerCase()
    .replace(/^pg_catalog\./, '')
    .replace(/\s*\(\d+\)$/, '')
  const name = Object.hasOwn(aliases, written) ? (aliases[written] ?? written) : written
  if (textTypes.has(name)) return (value, key) => mask.hide(value, key)
  return (Object.hasOwn(mask.typed, name) ? mask.typed[name] : undefined) ?? null
}
