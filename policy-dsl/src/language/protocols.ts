import { postgresLanguage } from '../operations/postgres/language.ts'

/** What policies can say about one protocol's operations. */
export interface ProtocolLanguage {
  /** Markdown, for the author's editor. */
  documentation: string
  /** Every verb that an operation can have. */
  verbs: string[]
}

/** A protocol's words by its name, which is also the selector's: `on: postgres()`. */
export const protocolLanguages: Record<string, ProtocolLanguage> = {
  postgres: postgresLanguage,
}
