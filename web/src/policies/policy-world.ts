import { useQuery, useQueryClient } from '@tanstack/solid-query'
import { api } from '../api.ts'

/** What policies can name, and the types made from it. */
export interface PolicyWorld {
  types: string
  live: Awaited<ReturnType<typeof api.policySchema>>
}

/** How often it is asked whether that changed: tables come and go while somebody types. */
const askEveryMs = 10_000
/** Targets that did not tell yet are asked behind the first answers, so that the next ones have more. */
const askSoonMs = 500
const soonMax = 10

/** The world that policies are written for, kept up to date for as long as the calling component lives. */
export function usePolicyWorld() {
  const queries = useQueryClient()
  const queryKey = ['policy world']
  return useQuery(() => ({
    queryKey,
    queryFn: async ({ signal }): Promise<PolicyWorld> => {
      const known = queries.getQueryData<PolicyWorld>(queryKey)
      if (!known) {
        const [types, live] = await Promise.all([api.policyTypes(signal), api.policySchema(signal)])
        return { types, live }
      }
      const live = await api.policySchema(signal)
      // Most often nothing is new.
      return JSON.stringify(live) === JSON.stringify(known.live) ? known : { live, types: await api.policyTypes(signal) }
    },
    refetchInterval: ({ state: { data, dataUpdateCount } }) =>
      data?.live.targets.some(({ schemas }) => schemas === null) && dataUpdateCount <= soonMax ? askSoonMs : askEveryMs,
  }))
}
