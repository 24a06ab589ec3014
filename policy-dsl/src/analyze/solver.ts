import { Atoms } from './atoms.ts'
import type { Formula } from './formula.ts'
import type { Model } from './model.ts'
import { type Answer, NotDecided, solve } from './solve.ts'

/** What is asked: a command for which all goals hold, outside of these. */
export interface Question {
  goals: readonly Formula[]
  outside: readonly Formula[]
}

/**
 * Answers questions, each once: formulas that are the same object are the same
 * question, and an answer is a function of its question alone. So whoever keeps
 * the formulas of rules that did not change need not ask about them again.
 */
export class Solver {
  readonly atoms = new Atoms()
  readonly #answers = new Map<string, Answer | NotDecided>()
  readonly #numbers = new WeakMap<Formula, number>()
  #numbered = 0

  /** How many answers it remembers. */
  get size(): number {
    return this.#answers.size
  }

  /** Throws `NotDecided` when the answer takes more steps. */
  answer({ goals, outside }: Question, stepsMax: number): Answer {
    const key = `${stepsMax} ${this.#keyOf(goals)}|${this.#keyOf(outside)}`
    let answer = this.#answers.get(key)
    if (answer === undefined) {
      answer = this.#work({ goals, outside }, stepsMax)
      this.#answers.set(key, answer)
    }
    if (answer instanceof NotDecided) throw answer
    return answer
  }

  /** A command for which all goals hold, or null when there is none. */
  example(goals: readonly Formula[], stepsMax: number): Model | null {
    return this.answer({ goals, outside: [] }, stepsMax).model
  }

  #work({ goals, outside }: Question, stepsMax: number): Answer | NotDecided {
    try {
      return solve(goals, outside, { atoms: this.atoms, stepsMax })
    } catch (error) {
      if (error instanceof NotDecided) return error
      throw error
    }
  }

  #keyOf(formulas: readonly Formula[]): string {
    let key = ''
    for (const formula of formulas) {
      let number = this.#numbers.get(formula)
      if (number === undefined) this.#numbers.set(formula, (number = this.#numbered++))
      key += ` ${number}`
    }
    return key
  }
}
