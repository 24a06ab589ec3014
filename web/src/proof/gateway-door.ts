import type { GatewayDoor } from '@steno/recordings'

/**
 * The gateway that this page came from, as a verifier in a worker asks it.
 * `onBytes` hears how much came. Everything comes from the gateway itself: a
 * copy that the browser kept would hide that the original was changed.
 */
export function gatewayDoor(onBytes: (count: number) => void = () => {}): GatewayDoor {
  return {
    async get(path) {
      const response = await find(path)
      if (!response) return null
      const bytes = new Uint8Array(await response.arrayBuffer())
      onBytes(bytes.length)
      return bytes
    },
    async stream(path) {
      const response = await find(path)
      return response && chunksOf(response, onBytes)
    },
  }
}

/** What is not there is null; everything else that goes wrong is said. */
async function find(path: string): Promise<Response | null> {
  const response = await fetch(path, { credentials: 'same-origin', cache: 'no-store' }).catch((error: unknown) => {
    // What a browser says where nobody answers is different in each, and in none a sentence.
    if (error instanceof TypeError) throw new Error('the gateway does not answer', { cause: error })
    throw error
  })
  if (response.ok) return response
  await response.body?.cancel()
  if (response.status === 404 || response.status === 410) return null
  throw new Error(wordsFor(response.status, path))
}

function wordsFor(status: number, path: string): string {
  if (status === 401) return 'you are not signed in any more'
  if (status === 403) return 'your role may not read what is recorded, and it cannot be verified unread'
  return `the gateway answered ${status} for ${path}`
}

async function* chunksOf(response: Response, onBytes: (count: number) => void): AsyncGenerator<Uint8Array> {
  const reader = response.body?.getReader()
  if (!reader) return
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      onBytes(value.length)
      yield value
    }
  } finally {
    await reader.cancel()
  }
}
