import { tokensOf } from './tokens.ts'

/** Where the comments of a text stand. Those with only space between them are one. */
export function commentSpans(text: string): { start: number; end: number }[] {
  if (!/--|\/\*/.test(text)) return []
  const spans: { start: number; end: number }[] = []
  let from = 0
  for (const { start, end } of [...tokensOf(text), { start: text.length, end: text.length }]) {
    const gap = text.slice(from, start)
    const comment = gap.trim()
    if (comment !== '') {
      const at = from + gap.indexOf(comment)
      spans.push({ start: at, end: at + comment.length })
    }
    from = end
  }
  return spans
}
