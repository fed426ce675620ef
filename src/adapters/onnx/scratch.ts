/** Arrays that a model fills anew for each batch: each is made once and grows when a batch needs more. */
type Numbers = Float32Array | Int32Array | BigInt64Array | Uint8Array;

export class Scratch {
  readonly #arrays = new Map<string, Numbers>();

  /** Zeros. */
  float32 = (name: string, size: number): Float32Array => this.#zeros(name, size, Float32Array);
  uint8 = (name: string, size: number): Uint8Array => this.#zeros(name, size, Uint8Array);
  /** Whatever the last batch left. */
  int32 = (name: string, size: number): Int32Array => this.#atLeast(name, size, Int32Array).subarray(0, size);

  #zeros<T extends Numbers>(name: string, size: number, kind: new (size: number) => T): T {
    return this.#atLeast(name, size, kind)
      .subarray(0, size)
      .fill(0 as never) as T;
  }

  #atLeast<T extends Numbers>(name: string, size: number, kind: new (size: number) => T): T {
    const present = this.#arrays.get(name);
    if (present !== undefined && present.length >= size) return present as T;
    const made = new kind(2 * Math.ceil(size * 0.625));
    this.#arrays.set(name, made);
    return made;
  }
}
