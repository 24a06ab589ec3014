import { statementSpans, type Parser } from '@steno/policy-dsl'

/** A statement that gave a name to a text, or took one away. */
export interface NamedStatement {
  /** Null where it is all of them. */
  name: string | null
  /** The statement alone, without what else was sent with it. */
  text: string
  /** A cursor that a COMMIT leaves open (DECLARE … WITH HOLD). */
  isHeld: boolean
  /** Code that nobody read ran since: it may have put another statement under the name. */
  isDoubtful?: boolean
}

/** The bit of a cursor's options that says WITH HOLD (parsenodes.h). */
const holdBit = 0x20

/** How the parse tree calls the statements that deal with names, and where the name stands. */
const fieldOf: Record<string, string> = {
  PrepareStmt: 'name',
  DeallocateStmt: 'name',
  DeclareCursorStmt: 'portalname',
  ClosePortalStmt: 'portalname',
}

/** What the statement at a place in a text names; null when it is another kind of statement, or cannot be told. */
export function namedStatement(parser: Parser, text: string, place: number): NamedStatement | null {
  const syntax = parser.syntax(text)
  if (syntax.kind !== 'statements') return null
  const statement = syntax.statements[place]
  const kind = statement ? Object.keys(statement)[0] : undefined
  const field = kind === undefined ? undefined : fieldOf[kind]
  const span = statementSpans(text, syntax.places)[place]
  if (!statement || kind === undefined || field === undefined || !span) return null
  const fields = statement[kind]
  const found = typeof fields === 'object' && fields !== null ? (fields as Record<string, unknown>) : {}
  const { [field]: name, options } = found
  return {
    name: typeof name === 'string' && name !== '' ? name : null,
    text: text.slice(...span),
    isHeld: kind === 'DeclareCursorStmt' && typeof options === 'number' && (options & holdBit) !== 0,
  }
}
