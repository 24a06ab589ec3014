type Labels = Record<string, string>

interface Metric {
  help: string
  kind: 'counter' | 'gauge'
  samples: () => Iterable<[Labels, number]>
}

/** Something that only grows. */
export interface Counter {
  add(labels?: Labels, by?: number): void
}

/** What the gateway counts, in Prometheus' text format. */
export class Metrics {
  readonly #metrics = new Map<string, Metric>()

  /** A counter; its name ends in `_total`. */
  counter(name: string, help: string): Counter {
    const values = new Map<string, { labels: Labels; value: number }>()
    this.#metrics.set(name, { help, kind: 'counter', samples: () => [...values.values()].map(({ labels, value }) => [labels, value]) })
    return {
      add(labels = {}, by = 1) {
        const key = JSON.stringify(labels)
        const known = values.get(key)
        if (known) known.value += by
        else values.set(key, { labels, value: by })
      },
    }
  }

  /** Something that only grows and is counted elsewhere: read when somebody looks. Its name ends in `_total`. */
  sum(name: string, help: string, read: () => number): void {
    this.#metrics.set(name, { help, kind: 'counter', samples: () => [[{}, read()]] })
  }

  /** A value that is read when somebody looks. */
  gauge(name: string, help: string, read: () => number): void {
    this.#metrics.set(name, { help, kind: 'gauge', samples: () => [[{}, read()]] })
  }

  /** Everything, for a scraper. */
  text(): string {
    let text = ''
    for (const [name, { help, kind, samples }] of this.#metrics) {
      text += `# HELP ${name} ${help}\n# TYPE ${name} ${kind}\n`
      const found = [...samples()]
      if (found.length === 0) text += `${name} 0\n`
      for (const [labels, value] of found) text += `${name}${writeLabels(labels)} ${value}\n`
    }
    return text
  }
}

function writeLabels(labels: Labels): string {
  const pairs = Object.entries(labels).map(
    ([name, value]) => `${name}="${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`,
  )
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`
}
