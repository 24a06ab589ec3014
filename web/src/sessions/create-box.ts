import { createSignal, type Accessor } from 'solid-js'
import { formatSearch, parseSearch, withTerm, type Search } from './query.ts'
import { lastWord, suggest, type KnownValues, type Suggestion } from './suggest.ts'

export interface BoxOptions {
  search: Accessor<Search>
  known: Accessor<KnownValues>
  onSearch(search: Search): void
}

export interface Box {
  text: Accessor<string>
  suggestions: Accessor<readonly Suggestion[]>
  /** The suggestion that Enter takes; -1 is none. */
  chosen: Accessor<number>
  isOpen: Accessor<boolean>
  type(text: string): void
  /** Searches for what is typed so far, but for a filter that is still being written. */
  settle(): void
  open(): void
  close(): void
  move(by: number): void
  /** Takes the chosen suggestion if there is one, else searches for all that is typed. Says whether the box is done with. */
  enter(): boolean
  take(suggestion: Suggestion): void
  /** Takes the last filter back into the box, when nothing is typed. */
  backspace(): boolean
  /** Puts the text of a search made elsewhere into the box. */
  adopt(text: string): void
}

/** The search box without its looks: what is typed, what it becomes, what could follow. */
export function createBox(options: BoxOptions): Box {
  const [text, setText] = createSignal(options.search().text)
  const [isOpen, setIsOpen] = createSignal(false)
  const [chosen, setChosen] = createSignal(-1)
  const suggestions = (): readonly Suggestion[] => (isOpen() ? suggest(lastWord(text()), options.known()) : [])

  function commit(typed: string, rest = ''): void {
    const read = parseSearch(typed)
    const search = read.terms.reduce((all, term) => withTerm(all, term.field, term.value), { ...options.search(), text: read.text })
    setText([read.text, rest].filter(Boolean).join(' ') + (typed.endsWith(' ') && read.text && !rest ? ' ' : ''))
    if (formatSearch(search) !== formatSearch(options.search())) options.onSearch(search)
  }

  function take(suggestion: Suggestion): void {
    const before = text().slice(0, text().length - lastWord(text()).length)
    setChosen(-1)
    if (suggestion.isWhole) commit(`${before}${suggestion.insert} `)
    else setText(before + suggestion.insert)
    setIsOpen(true)
  }

  return {
    text,
    suggestions,
    chosen,
    isOpen,
    type(typed) {
      setText(typed)
      setChosen(-1)
      setIsOpen(true)
      const isWordDone = typed.endsWith(' ') && !lastWord(typed).startsWith('"')
      if (isWordDone && parseSearch(typed).terms.length > 0) commit(typed)
    },
    settle() {
      const word = lastWord(text())
      const isUnfinished = suggest(word, {}).length > 0 || parseSearch(word).terms.length > 0
      if (isUnfinished && word.includes(':')) commit(text().slice(0, text().length - word.length), word)
      else if (!parseSearch(text()).terms.length) commit(text())
    },
    open: () => void setIsOpen(true),
    close() {
      setIsOpen(false)
      setChosen(-1)
    },
    move(by) {
      const count = suggestions().length
      if (count > 0) setChosen(((((chosen() + by + 1) % (count + 1)) + count + 1) % (count + 1)) - 1)
    },
    enter() {
      const suggestion = suggestions()[chosen()]
      if (suggestion) {
        take(suggestion)
        return false
      }
      commit(text())
      setIsOpen(false)
      return true
    },
    take,
    backspace() {
      const last = options.search().terms.at(-1)
      if (text() !== '' || !last) return false
      const without = { ...options.search(), terms: options.search().terms.slice(0, -1) }
      setText(formatSearch({ terms: [last], text: '' }))
      options.onSearch(without)
      return true
    },
    adopt(next) {
      if (next !== parseSearch(text()).text) setText(next)
    },
  }
}
