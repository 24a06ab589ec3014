import { MaskFailed } from './mask-failed.ts'

/** The options of a COPY statement as it was written; what is absent is PostgreSQL's default. */
export interface CopyStatementOptions {
  format?: string
  delimiter?: string
  null?: string
  quote?: string
  escape?: string
  header?: boolean | string
  encoding?: string
}

/** How the rows of a COPY stream are told from each other. */
export type CopyFormat =
  | { format: 'binary' }
  | { format: 'text'; delimiter: number; nullText: string; hasHeader: boolean }
  | { format: 'csv'; delimiter: number; nullText: string; hasHeader: boolean; quote: number; escape: number }

const utf8Names = ['utf8', 'unicode']

/** The format that the options ask for. Throws `MaskFailed` where the stream could not be read with certainty. */
export function copyFormat(options: CopyStatementOptions): CopyFormat {
  const { format = 'text', encoding } = options
  if (encoding !== undefined && !utf8Names.includes(encoding.toLowerCase().replace(/[^a-z0-9]/g, '')))
    throw new MaskFailed('expected COPY in UTF-8: in another encoding masked columns cannot be found')
  const hasHeader = isTrue(options.header)
  switch (format.toLowerCase()) {
    case 'binary':
      return { format: 'binary' }
    case 'text':
      return { format: 'text', delimiter: oneByte('delimiter', options.delimiter ?? '\t'), nullText: options.null ?? '\\N', hasHeader }
    case 'csv': {
      const quote = oneByte('quote', options.quote ?? '"')
      const escape = options.escape === undefined ? quote : oneByte('escape', options.escape)
      return {
        format: 'csv',
        delimiter: oneByte('delimiter', options.delimiter ?? ','),
        nullText: options.null ?? '',
        hasHeader,
        quote,
        escape,
      }
    }
    default:
      throw new MaskFailed('expected COPY in text, csv or binary format')
  }
}

/** `HEADER`, `HEADER true`, `HEADER on`, `HEADER 1`, `HEADER match` (defGetCopyHeaderChoice in copy.c). */
function isTrue(value: boolean | string | undefined): boolean {
  if (typeof value !== 'string') return value ?? false
  return !['false', 'off', '0', 'f', 'no', 'n'].includes(value.toLowerCase())
}

function oneByte(name: string, value: string): number {
  const code = value.charCodeAt(0)
  if (value.length !== 1 || code > 0x7f || value === '\n' || value === '\r') throw new MaskFailed(`expected one ASCII character as ${name}`)
  return code
}

/** The options that a COPY statement's parse tree holds; null for any other statement. */
export function copyOptionsOf(statement: Record<string, unknown>): CopyStatementOptions | null {
  const copy = fieldOf(statement, 'CopyStmt')
  if (!copy) return null
  const options: Record<string, string | boolean> = {}
  for (const option of Array.isArray(copy['options']) ? copy['options'] : []) {
    const element = fieldOf(option, 'DefElem')
    if (typeof element?.['defname'] === 'string') options[element['defname'].toLowerCase()] = valueOf(element['arg'])
  }
  return options
}

/** The table and columns that a `COPY … FROM` fills; no columns are all of them. Null for any other statement. */
export function copyTargetOf(statement: Record<string, unknown>): { schema: string | null; table: string; columns: string[] } | null {
  const copy = fieldOf(statement, 'CopyStmt')
  const relation = copy && fieldOf(copy, 'relation')
  if (!relation || copy['is_from'] !== true || typeof relation['relname'] !== 'string') return null
  const { schemaname, relname } = relation
  const columns = (Array.isArray(copy['attlist']) ? copy['attlist'] : []).map(name => fieldOf(name, 'String')?.['sval'])
  return { schema: typeof schemaname === 'string' && schemaname !== '' ? schemaname : null, table: relname, columns: columns.map(String) }
}

function fieldOf(value: unknown, name: string): Record<string, unknown> | null {
  const field = typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : null
  return typeof field === 'object' && field !== null ? (field as Record<string, unknown>) : null
}

/** An option without a value is on. */
function valueOf(value: unknown): string | boolean {
  const text = fieldOf(value, 'String')?.['sval']
  if (typeof text === 'string') return text
  const integer = fieldOf(value, 'Integer')
  if (integer) return String(typeof integer['ival'] === 'number' ? integer['ival'] : 0)
  const boolean = fieldOf(value, 'Boolean')
  return boolean ? boolean['boolval'] === true : true
}
