/**
 * The bytes that a `Range` header asks for (RFC 9110 §14.2), the end exclusive.
 * What is not one range of bytes is not understood and gets the whole, as the
 * RFC allows.
 */
export function parseRange(header: string | undefined, sizeBytes: number): { start: number; end: number } | 'whole' | 'outside' {
  const parts = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header?.trim() ?? '')
  if (!parts || (parts[1] === '' && parts[2] === '')) return 'whole'
  if (parts[1] === '') {
    const last = Number(parts[2])
    return last === 0 || sizeBytes === 0 ? 'outside' : { start: Math.max(0, sizeBytes - last), end: sizeBytes }
  }
  const start = Number(parts[1])
  const last = parts[2] === '' ? sizeBytes - 1 : Number(parts[2])
  if (parts[2] !== '' && last < start) return 'whole'
  return start >= sizeBytes ? 'outside' : { start, end: Math.min(sizeBytes, last + 1) }
}
