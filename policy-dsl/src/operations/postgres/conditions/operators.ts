/** What an operator is when it does not hold. */
export const negations: Record<string, string> = {
  '=': '<>',
  '<>': '=',
  '!=': '=',
  '<': '>=',
  '>=': '<',
  '>': '<=',
  '<=': '>',
  '~~': '!~~',
  '!~~': '~~',
  '~~*': '!~~*',
  '!~~*': '~~*',
  '~': '!~',
  '!~': '~',
  '~*': '!~*',
  '!~*': '~*',
  SIMILAR: '!SIMILAR',
  '!SIMILAR': 'SIMILAR',
}

/** What it is with its operands the other way round. */
export const mirrored: Record<string, string> = { '<': '>', '>': '<', '<=': '>=', '>=': '<=', '@>': '<@', '<@': '@>' }
