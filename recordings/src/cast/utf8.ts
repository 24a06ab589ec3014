// TextEncoder and TextDecoder are in every runtime and browser, but in no
// ECMAScript library file, and this room names neither `node` nor `dom`.
declare const TextEncoder: new () => {
  encode(text: string): Uint8Array
  encodeInto(text: string, into: Uint8Array): { read: number; written: number }
}
declare const TextDecoder: new (label: 'utf-8', options: { fatal: true; ignoreBOM: true }) => { decode(bytes: Uint8Array): string }

/** Writes text as UTF-8; a surrogate without its partner becomes U+FFFD. Says how much fitted. */
export const utf8Encoder = new TextEncoder()

/** Reads UTF-8, throwing on any byte that is not, and keeping a byte order mark as the character it is. */
export const utf8Decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
