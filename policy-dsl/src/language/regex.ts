import { RE2JS } from 're2js'
import { compilePattern } from '../evaluate/pattern.ts'

/** A regular expression in RE2's syntax, as rules keep it. */
export interface CompiledRegex {
  pattern: string
  flags: string
}

/** What RE2 says against a pattern. */
export interface BrokenRegex {
  broken: string
}

/** Reads JavaScript's syntax as RE2 understands it, which takes linear time and knows no lookaround and no backreferences. */
export function compileRegex(source: string, flags: string): CompiledRegex | BrokenRegex {
  if (!/^[ims]*$/.test(flags)) return { broken: `expected the flags \`i\`, \`m\` or \`s\`, got \`${flags}\`` }
  try {
    const pattern = RE2JS.translateRegExp(source)
    compilePattern(pattern, flags)
    return { pattern, flags: [...flags].toSorted().join('') }
  } catch (error) {
    const reason =
      error instanceof RangeError ? 'it nests too deep' : error instanceof Error ? error.message.replace(/^error parsing regexp: /, '') : ''
    return { broken: `expected a regular expression in RE2's syntax: ${reason}` }
  }
}
