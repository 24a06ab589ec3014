/**
 * Texts that a simple regular expression is likely to match, to be tried and
 * thrown away when it does not: the first alternatives, each thing that may
 * repeat once, or not at all.
 */
export function sampleOf(pattern: string): string[] {
  try {
    const { texts, end } = alternatives(pattern, 0, 0)
    return end === pattern.length ? texts : []
  } catch {
    return [] // A construct that is not sampled. Nobody relies on there being one.
  }
}

const textsMax = 8
const depthMax = 16

interface Sampled {
  texts: string[]
  end: number
}

function alternatives(pattern: string, start: number, depth: number): Sampled {
  if (depth > depthMax) throw new RangeError('expected fewer groups in each other')
  const texts: string[] = []
  let at = start
  for (;;) {
    const branch = sequence(pattern, at, depth)
    texts.push(...branch.texts)
    at = branch.end
    if (pattern[at] !== '|') return { texts: texts.slice(0, textsMax), end: at }
    at++
  }
}

function sequence(pattern: string, start: number, depth: number): Sampled {
  let texts = ['']
  let at = start
  while (at < pattern.length && pattern[at] !== '|' && pattern[at] !== ')') {
    const piece = repeated(pattern, single(pattern, at, depth))
    texts = texts.flatMap(text => piece.texts.map(part => text + part)).slice(0, textsMax)
    at = piece.end
  }
  return { texts, end: at }
}

function repeated(pattern: string, piece: Sampled): Sampled {
  const count = /^(?:[*?]|\+|\{(\d+)(?:,\d*)?\})\??/.exec(pattern.slice(piece.end, piece.end + 16))
  if (count === null) return piece
  const end = piece.end + count[0].length
  if (count[0].startsWith('{')) {
    const times = Math.min(Number(count[1]), 64)
    return { texts: piece.texts.map(text => text.repeat(times)), end }
  }
  return { texts: count[0].startsWith('+') ? piece.texts : ['', ...piece.texts].slice(0, textsMax), end }
}

function single(pattern: string, at: number, depth: number): Sampled {
  const first = pattern[at]
  switch (first) {
    case '(': {
      const opening = /^\((?:\?(?:[imsU]*:|P?<\w+>))?/.exec(pattern.slice(at))?.[0] ?? '('
      const inner = alternatives(pattern, at + opening.length, depth + 1)
      return { texts: inner.texts, end: inner.end + 1 }
    }
    case '[':
      return characterClass(pattern, at)
    case '^':
    case '$':
      return { texts: [''], end: at + 1 }
    case '.':
      return { texts: ['x'], end: at + 1 }
    case '\\':
      return { texts: [escaped(pattern[at + 1] ?? '')], end: at + 2 }
    default:
      return { texts: [first ?? ''], end: at + 1 }
  }
}

function characterClass(pattern: string, start: number): Sampled {
  const end = pattern.indexOf(']', start + 2)
  if (end === -1 || pattern.includes('[:', start)) throw new RangeError('expected a plain class of characters')
  const inside = pattern.slice(start + 1, end)
  if (inside.startsWith('^')) return { texts: ['x', '1', ' '].filter(text => !inside.includes(text)), end: end + 1 }
  return { texts: [inside.startsWith('\\') ? escaped(inside[1] ?? '') : (inside[0] ?? '')], end: end + 1 }
}

function escaped(letter: string): string {
  const samples: Record<string, string> = {
    d: '1',
    D: 'x',
    w: 'x',
    W: ' ',
    s: ' ',
    S: 'x',
    b: '',
    B: '',
    A: '',
    z: '',
    n: '\n',
    t: '\t',
    r: '\r',
  }
  return samples[letter] ?? letter
}
