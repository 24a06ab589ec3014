/** One server-sent event. */
export interface ServerEvent {
  type: string
  data: string
}

/**
 * Reads server-sent events from bytes cut anywhere (HTML Standard §9.2.6), as
 * far as the gateway sends them: no ids, and lines that end in a newline.
 */
export async function* readEvents(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<ServerEvent, void, undefined> {
  const decoder = new TextDecoder()
  let rest = ''
  let type = 'message'
  let data: string[] = []
  for await (const piece of pieces) {
    const lines = (rest + decoder.decode(piece, { stream: true })).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) {
      const [, name, value = ''] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? []
      if (name === 'event') type = value
      else if (name === 'data') data.push(value)
      else if (line === '') {
        if (data.length > 0) yield { type, data: data.join('\n') }
        type = 'message'
        data = []
      }
    }
  }
}
