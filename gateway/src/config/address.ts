import type { Address } from '../runtime/machine.ts'

/** The address that `host:port` or `[v6]:port` names, or null for anything else. */
export function parseAddress(text: string): Address | null {
  const parts = /^(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9](?:[A-Za-z0-9._-]{0,252})?)):(\d{1,5})$/.exec(text)
  if (!parts) return null
  const port = Number(parts[3])
  return port > 65_535 ? null : { host: parts[1] ?? parts[2]!, port }
}

/** An address as it is written: `host:port`, or `[v6]:port`. */
export function formatAddress({ host, port }: Address): string {
  return `${formatHost(host)}:${port}`
}

/** A host as it stands in a URL. */
export function formatHost(host: string): string {
  return host.includes(':') ? `[${host}]` : host
}

/** Whether an address stands for every interface of the machine, so that clients cannot use it as it is. */
export function isEveryInterface({ host }: Address): boolean {
  return host === '0.0.0.0' || /^[0:]+$/.test(host)
}

export function isLoopback({ host }: Address): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.')
}
