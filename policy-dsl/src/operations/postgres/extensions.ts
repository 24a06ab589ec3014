import type { RoutineData } from './catalogue.ts'

/**
 * Extensions whose functions in C work out a value from what they are given and
 * do nothing else: none runs a text as SQL, reads or writes a table, opens a
 * file or a connection. Their functions in SQL are read like any other.
 *
 * Left out although they are common, for what some of their functions do:
 * `tablefunc` (crosstab, connectby) and `xml2` (xpath_table) run queries they
 * are given, `dblink` and `postgres_fdw` ask other servers, `file_fdw` and
 * `adminpack` open files, `lo` and `tcn` act as triggers, `pg_stat_statements`,
 * `pgstattuple`, `pageinspect` and their like show what others asked or what
 * tables hold. `postgis` shows statistics of any column (ST_EstimatedExtent,
 * _postgis_stats), reads `spatial_ref_sys` with queries of its own, brings a
 * trigger that asks a table (CheckAuthTrigger), and may fetch grids from the
 * network; before 3.0 it opens rasters wherever they lie.
 */
const harmless = new Set([
  // Values made by chance, clock or hash.
  'uuid-ossp',
  'pgcrypto',
  // Texts compared. `set_limit` changes a threshold of the session, which only `%` looks at.
  'pg_trgm',
  'citext',
  'fuzzystrmatch',
  // Its rules come from a file that the dictionary names, as those of `to_tsvector` do; a call names no file.
  'unaccent',
  // Types with functions on their values. `isn_weak` changes how the session reads numbers of goods.
  'hstore',
  'ltree',
  'intarray',
  'cube',
  'earthdistance',
  'isn',
  'seg',
  'vector',
  // Types of index.
  'btree_gin',
  'btree_gist',
])

/**
 * Whether a call of this routine does no more than give a value, as its
 * extension says. Only what runs as compiled code counts: a body can be read,
 * and for other languages an extension's name says nothing.
 */
export function isHarmless({ extension, language }: RoutineData): boolean {
  return extension !== undefined && harmless.has(extension) && (language === 'c' || language === 'internal')
}
