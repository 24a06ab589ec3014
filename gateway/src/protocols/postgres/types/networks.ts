import { Malformed, type ValueReader } from './value-reader.ts'

const familyIpv4 = 2
const familyIpv6 = 3

/** An inet or cidr as network.c prints it: the prefix is left out of an inet that is one host. */
export function inetText(reader: ValueReader): string {
  const family = reader.uint8()
  const prefix = reader.uint8()
  const isCidr = reader.uint8() === 1
  const address = reader.raw(reader.uint8())
  const isIpv4 = family === familyIpv4 && address.length === 4
  if (!isIpv4 && !(family === familyIpv6 && address.length === 16)) throw new Malformed('unknown address family')
  if (prefix > address.length * 8) throw new Malformed('prefix out of range')
  const shown = isIpv4 ? address.join('.') : ipv6Text(address)
  return isCidr || prefix !== address.length * 8 ? `${shown}/${prefix}` : shown
}

export function macaddrText(bytes: Uint8Array): string {
  return Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join(':')
}

/** The first longest run of two or more zero words is shortened; an address that embeds an IPv4 one shows it so (inet_net_ntop.c). */
function ipv6Text(address: Uint8Array): string {
  const words = Array.from({ length: 8 }, (_, i) => (address[2 * i]! << 8) | address[2 * i + 1]!)
  let run = { start: -1, length: 1 }
  for (let start = 0; start < 8; start++) {
    let length = 0
    while (words[start + length] === 0) length++
    if (length > run.length) run = { start, length }
  }
  if (run.start === 0) {
    const last = address.subarray(12).join('.')
    if (run.length === 6 || (run.length === 7 && words[7] !== 1)) return `::${last}`
    if (run.length === 5 && words[5] === 0xffff) return `::ffff:${last}`
  }
  const hex = words.map(word => word.toString(16))
  if (run.start < 0) return hex.join(':')
  return `${hex.slice(0, run.start).join(':')}::${hex.slice(run.start + run.length).join(':')}`
}
