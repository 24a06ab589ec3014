/** What a policy may not exceed. Breaking one is an error, so nothing after the parser needs a limit of its own. */
export const limits = {
  sourceCharacters: 256 * 1024,
  rules: 500,
  tests: 2000,
  nodes: 20_000,
  /** How deep expressions nest; a chain of the same `&&` or `||` is one step. */
  depth: 100,
  quantifierDepth: 3,
  regexes: 200,
  nameCharacters: 200,
  /** The longest window that memory can look back through. */
  windowMs: 24 * 60 * 60 * 1000,
  /** More than this many problems are not told. */
  problems: 200,
  /** How many syntax errors are looked for by leaving out what was broken before. */
  syntaxErrors: 20,
} as const
