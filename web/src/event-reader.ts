/** One server-sent event. */
export interface ServerEvent {
  id: string
  type: string
  data: string
}

/** The longest event that is kept; a longer one is dropped whole. */
export const eventCharactersMax = 4_000_000

/** Reads server-sent events from text cut anywhere, after the HTML Standard's chapter 9.2.6. */
export function createEventReader(onEvent: (event: ServerEvent) => void, charactersMax = eventCharactersMax): { push(text: string): void } {
  let rest = ''
  let id = ''
  let type = ''
  let data: string[] = []
  let size = 0

  function line(text: string): void {
    if (text === '') {
      if (data.length > 0 && size <= charactersMax) onEvent({ id, type: type || 'message', data: data.join('\n') })
      type = ''
      data = []
      size = 0
      return
    }
    const colon = text.indexOf(':')
    const name = colon < 0 ? text : text.slice(0, colon)
    const value = colon < 0 ? '' : text.slice(colon + 1).replace(/^ /, '')
    if (name === 'event') type = value
    else if (name === 'id' && !value.includes('\0')) id = value
    else if (name === 'data') {
      size += value.length
      if (size <= charactersMax) data.push(value)
    }
  }

  return {
    push(text) {
      rest += text
      // A carriage return at the very end may be the first half of CRLF: wait for what follows.
      const pattern = /\r\n|\n|\r(?!$)/g
      let from = 0
      for (let match = pattern.exec(rest); match; match = pattern.exec(rest)) {
        line(rest.slice(from, match.index))
        from = pattern.lastIndex
      }
      rest = rest.slice(from)
      if (rest.length > charactersMax) {
        size = rest.length
        rest = rest.slice(0, 64)
      }
    },
  }
}
