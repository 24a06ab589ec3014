import { For, type JSX } from 'solid-js'
import { Dialog } from './ui/Dialog.tsx'
import { Kbd } from './ui/Kbd.tsx'
import { keyboard } from './ui/use-keys.ts'

/** Every key that means something on this page. */
export function KeyMap(props: { onClose(): void }): JSX.Element {
  const bindings = keyboard.map()
  const groups = [...new Set(bindings.map(binding => binding.group))]
  return (
    <Dialog isOpen onClose={() => props.onClose()} title="Keys">
      <div class="key-map">
        <For each={groups}>
          {group => (
            <section>
              <h3>{group}</h3>
              <dl>
                <For each={bindings.filter(binding => binding.group === group)}>
                  {binding => (
                    <div>
                      <dt>{binding.title}</dt>
                      <dd>
                        <Kbd keys={binding.keys} />
                      </dd>
                    </div>
                  )}
                </For>
              </dl>
            </section>
          )}
        </For>
      </div>
    </Dialog>
  )
}
