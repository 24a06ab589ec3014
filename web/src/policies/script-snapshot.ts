/** A text as TypeScript takes it. */
export interface ScriptSnapshot {
  getText(start: number, end: number): string
  getLength(): number
  /** What is another than in an earlier text, so that the rest need not be read again. */
  getChangeRange(before: ScriptSnapshot): { span: { start: number; length: number }; newLength: number }
}

/** Gives a text that says what changed since an earlier one: a single stretch, of which both ends are others. */
export function scriptSnapshot(text: string): ScriptSnapshot {
  return {
    getText: (start, end) => text.slice(start, end),
    getLength: () => text.length,
    getChangeRange(before) {
      const old = before.getText(0, before.getLength())
      const most = Math.min(old.length, text.length)
      let start = 0
      while (start < most && old[start] === text[start]) start++
      let end = 0
      while (end < most - start && old[old.length - 1 - end] === text[text.length - 1 - end]) end++
      return { span: { start, length: old.length - start - end }, newLength: text.length - start - end }
    },
  }
}
