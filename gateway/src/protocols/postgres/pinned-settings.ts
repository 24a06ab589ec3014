import { changesPinned, mayTouchPinned, type Parser } from '@steno/policy-dsl'
import { pinned } from './settings.ts'

/** `set_config(text, text, boolean)` in pg_proc, the same in every PostgreSQL. */
const setConfigOid = 2078

/**
 * Keeps a session's statements readable the way the gateway reads them: with
 * standard strings, in UTF-8. A statement that would change that is refused
 * before it runs; should one get through, the target reports the change (both
 * settings are reported) and the session ends there.
 */
export class PinnedSettings {
  readonly #parser: Parser

  constructor(parser: Parser) {
    this.#parser = parser
  }

  /** Why the protocol must refuse a statement, or undefined when it may run. */
  refuse(text: string): { rule: string; reason: string } | undefined {
    if (!mayTouchPinned(text)) return undefined
    const change = changesPinned(this.#parser, text)
    if (!change) return undefined
    return { rule: 'the session stays readable', reason: `\`${change.setting}\` is fixed in a recorded session` }
  }

  /** Why a function may not be called by its number, or undefined when it may: `set_config` by that way has no text to read. */
  refuseCall(oid: number): { rule: string; reason: string } | undefined {
    if (oid !== setConfigOid) return undefined
    return { rule: 'the session stays readable', reason: 'set_config may be called in a statement, not by its number' }
  }

  /** Whether a setting the target reports is not what it must be. */
  isBroken(name: string, value: string): boolean {
    return name in pinned && pinned[name as keyof typeof pinned] !== value
  }
}

/** Whether a client's own wish for the encoding can be met by UTF-8. A client without a locale asks for SQL_ASCII, which is any bytes. */
export function isUtf8Name(encoding: string): boolean {
  return ['utf8', 'unicode', 'sqlascii', 'auto'].includes(encoding.toLowerCase().replace(/[^a-z0-9]/g, ''))
}
