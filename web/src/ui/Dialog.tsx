import { Dialog as Kobalte } from '@kobalte/core/dialog'
import X from 'lucide-solid/icons/x'
import { Show, type JSX } from 'solid-js'

export interface DialogProps {
  isOpen: boolean
  onClose(): void
  title: string
  children: JSX.Element
  /** The title is spoken only, and there is no close button: for palettes. */
  isBare?: boolean
  class?: string
}

/** A modal dialog: keeps the focus, closes with Escape, gives the focus back to whoever opened it. */
export function Dialog(props: DialogProps): JSX.Element {
  return (
    <Kobalte open={props.isOpen} onOpenChange={isOpen => !isOpen && props.onClose()} preventScroll={false}>
      <Kobalte.Portal>
        <Kobalte.Overlay class="dialog-overlay" />
        <div class="dialog-place">
          <Kobalte.Content class={`dialog ${props.class ?? ''}`}>
            <Show when={!props.isBare} fallback={<Kobalte.Title class="spoken">{props.title}</Kobalte.Title>}>
              <header>
                <Kobalte.Title as="h2">{props.title}</Kobalte.Title>
                <Kobalte.CloseButton class="button quiet icon" aria-label="Close">
                  <X size={16} aria-hidden="true" />
                </Kobalte.CloseButton>
              </header>
            </Show>
            {props.children}
          </Kobalte.Content>
        </div>
      </Kobalte.Portal>
    </Kobalte>
  )
}
