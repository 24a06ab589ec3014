import { useBeforeLeave } from '@solidjs/router'
import { onMount, type JSX } from 'solid-js'

// The editor makes styles as it goes, which the content security policy of this path alone allows. A document keeps
// the policy it was loaded with, so who comes from another page gets a document of this one's own.
const policyPath = '/policies/'
const isPolicyDocument = window.location.pathname.startsWith(policyPath)

/** Has every way that leads to a policy's page from a document of another one load it whole. */
export function useWholePolicyPages(): void {
  useBeforeLeave(event => {
    if (isPolicyDocument || typeof event.to !== 'string' || !event.to.startsWith(policyPath)) return
    // Where the browser went back or forward the address is there already: the page below loads it.
    if (window.location.pathname.startsWith(policyPath)) return
    event.preventDefault()
    window.location.assign(event.to)
  })
}

/** A policy's page in a document of its own; in another's, that one takes its place. */
export function inOwnDocument(Page: () => JSX.Element): () => JSX.Element {
  if (isPolicyDocument) return Page
  return () => {
    onMount(() => window.location.reload())
    return null
  }
}
