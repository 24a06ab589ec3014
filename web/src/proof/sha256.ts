/**
 * SHA-256 of the bytes (FIPS 180-4). A browser has only one that answers later,
 * and asking it for each line of a recording costs more than hashing the line.
 */
export function sha256(message: Uint8Array): Uint8Array {
  state.set(start)
  const whole = message.length - (message.length % blockBytes)
  for (let at = 0; at < whole; at += blockBytes) addBlock(message, at)
  // §5.1.1: a 1 bit, zeros, and the length in bits, in one block more or two.
  const rest = message.length - whole
  const padded = rest < blockBytes - 8 ? blockBytes : 2 * blockBytes
  tail.fill(0)
  tail.set(message.subarray(whole))
  tail[rest] = 0x80
  const view = new DataView(tail.buffer)
  view.setUint32(padded - 8, Math.floor(message.length / 2 ** 29))
  view.setUint32(padded - 4, message.length << 3)
  for (let at = 0; at < padded; at += blockBytes) addBlock(tail, at)
  const hash = new Uint8Array(32)
  const words = new DataView(hash.buffer)
  for (let i = 0; i < 8; i++) words.setInt32(4 * i, state[i]!)
  return hash
}

const blockBytes = 64

// §4.2.2 and §5.3.3: the first 32 bits behind the point of the cube roots of the first 64 primes, and of the square roots of the first 8.
const primes = Array.from({ length: 310 }, (_, i) => i + 2).filter((n, _, all) => all.every(other => other >= n || n % other !== 0))
const fraction = (value: number) => Math.floor((value % 1) * 2 ** 32)
const constants = Int32Array.from(primes, prime => fraction(Math.cbrt(prime)))
const start = Int32Array.from(primes.slice(0, 8), prime => fraction(Math.sqrt(prime)))

// Hashing calls nothing that could call us, so one piece of memory serves all.
const state = new Int32Array(8)
const schedule = new Int32Array(64)
const tail = new Uint8Array(2 * blockBytes)

/** §6.2.2, the variables named as there. */
function addBlock(bytes: Uint8Array, at: number): void {
  for (let t = 0, from = at; t < 16; t++, from += 4)
    schedule[t] = (bytes[from]! << 24) | (bytes[from + 1]! << 16) | (bytes[from + 2]! << 8) | bytes[from + 3]!
  for (let t = 16; t < 64; t++) {
    const early = schedule[t - 15]!
    const late = schedule[t - 2]!
    const sigma0 = ((early >>> 7) | (early << 25)) ^ ((early >>> 18) | (early << 14)) ^ (early >>> 3)
    const sigma1 = ((late >>> 17) | (late << 15)) ^ ((late >>> 19) | (late << 13)) ^ (late >>> 10)
    schedule[t] = (sigma1 + schedule[t - 7]! + sigma0 + schedule[t - 16]!) | 0
  }
  let [a, b, c, d, e, f, g, h] = state as unknown as [number, number, number, number, number, number, number, number]
  for (let t = 0; t < 64; t++) {
    const sum1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7))
    const t1 = (h + sum1 + ((e & f) ^ (~e & g)) + constants[t]! + schedule[t]!) | 0
    const sum0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10))
    const t2 = (sum0 + ((a & b) ^ (a & c) ^ (b & c))) | 0
    h = g
    g = f
    f = e
    e = (d + t1) | 0
    d = c
    c = b
    b = a
    a = (t1 + t2) | 0
  }
  state[0]! += a
  state[1]! += b
  state[2]! += c
  state[3]! += d
  state[4]! += e
  state[5]! += f
  state[6]! += g
  state[7]! += h
}
