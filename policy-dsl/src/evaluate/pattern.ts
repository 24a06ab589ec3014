import { RE2JS } from 're2js'

const flagBits: Record<string, number> = { i: RE2JS.CASE_INSENSITIVE, m: RE2JS.MULTILINE, s: RE2JS.DOTALL }

/** Gives a pattern in RE2's syntax, which runs in linear time whatever it is given. Throws for a flag or a syntax it does not know. */
export function compilePattern(pattern: string, flags: string): RE2JS {
  let bits = 0
  for (const flag of flags) {
    const bit = flagBits[flag]
    if (bit === undefined) throw new Error(`expected the flags \`i\`, \`m\` or \`s\`, got \`${flag}\``)
    bits |= bit
  }
  return RE2JS.compile(pattern, bits)
}
