/** What the parts share, made when the first of them asks: a part that was measured before asks for nothing. */
import { type ActivationSet, readActivations } from '../sae/activation-set.js';
import type { LoadedDictionary } from '../sae/run-sae.js';
import { casesOf, type TestCase } from './cases.js';
import { SweepBench } from './sweep.js';

/** To be closed. */
export class EvaluationData {
  #cases: TestCase[] | undefined;
  #set: ActivationSet | undefined;
  #training: ActivationSet | undefined;
  #bench: SweepBench | undefined;

  constructor(readonly loaded: LoadedDictionary) {}

  /** Of the test users. */
  get cases(): readonly TestCase[] {
    return (this.#cases ??= casesOf(this.loaded.split.test));
  }

  /** What the dictionary reads, of the test users. */
  get set(): ActivationSet {
    const { model, split, shape, saeShape } = this.loaded;
    return (this.#set ??= readActivations(model, split.test, { window: shape.window, ...saeShape }));
  }

  /** The same of the users that the dictionary was trained on: what probes are fitted to. */
  get training(): ActivationSet {
    const { model, split, shape, saeShape } = this.loaded;
    return (this.#training ??= readActivations(model, split.sae, { window: shape.window, ...saeShape }));
  }

  get bench(): SweepBench {
    const { model, split, shape } = this.loaded;
    return (this.#bench ??= new SweepBench(model, this.cases, { window: shape.window, items: split.items.length }));
  }

  /** @throws Error for an attribute that the split does not know. */
  itemsOf(attribute: string): Int32Array {
    const { attributeNames, attributeItems } = this.loaded.split;
    const items = attributeItems[attributeNames.indexOf(attribute)];
    if (items === undefined) throw new Error(`no item bears ${attribute}`);
    return items;
  }

  close(): void {
    this.#bench?.close();
  }
}
