/** Bytes that have no text form here, as a cell of the record. */
export function hexCell(bytes: Uint8Array): { hex: string } {
  return { hex: hexOf(bytes) }
}

const digits = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

/** Bytes as lower case hex. */
export function hexOf(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += digits[byte]!
  return text
}
