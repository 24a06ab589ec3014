import type { QueryKey } from '@tanstack/solid-query'

/** Everything that was asked about policies and proposals. */
export const ofPolicies = { predicate: ({ queryKey }: { queryKey: QueryKey }): boolean => String(queryKey[0]).startsWith('polic') }
