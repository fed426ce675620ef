/**
 * Builds an ONNX graph. A node that was asked for before is not made twice, and what no output needs is left out: so
 * builders may write the same part of two paths twice, and a path of which only a part is used in full.
 */
import { ATTRIBUTE_TYPES, DATA_TYPES, type DataType, EXTERNAL, encodeModel } from './proto.js';

/** Name of a value within a graph. */
export type Value = string;

/** Numbers are integers; a float says so. */
export type Attribute = number | string | readonly number[] | { readonly float: number };

/** A size, or the name of one that is known when the graph runs. */
export type Dimension = number | string;

/** Where the bytes of a weight lie. */
export interface Stored {
  readonly file: string;
  /** In bytes. */
  readonly offset: number;
  readonly length: number;
  readonly shape: readonly number[];
}

interface Node {
  readonly op: string;
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  readonly attributes: Readonly<Record<string, Attribute>>;
  readonly branches?: Readonly<Record<string, Part>>;
}

/** The nodes of a graph, or of a branch, and what it gives. */
interface Part {
  readonly nodes: readonly Node[];
  readonly outputs: readonly Value[];
}

interface Shared {
  readonly inputs: object[];
  readonly initializers: Map<Value, object>;
  count: number;
}

/** Opset 20 brought Gelu; every runtime of 2024 or later has it. */
export const OPSET = 20;
/** Of the file format, as of onnx 1.15, which brought that opset. */
const IR_VERSION = 9;

export class GraphBuilder {
  readonly #nodes: Node[] = [];
  readonly #made = new Map<string, readonly Value[]>();
  readonly #parent: GraphBuilder | undefined;
  readonly #shared: Shared;

  /** @param stored where each weight lies, by name */
  constructor(
    readonly stored: (name: string) => Stored,
    parent?: GraphBuilder,
  ) {
    this.#parent = parent;
    this.#shared = parent ? parent.#shared : { inputs: [], initializers: new Map(), count: 0 };
  }

  input(name: string, type: DataType, shape: readonly Dimension[], about: string): Value {
    this.#shared.inputs.push(valueInfo(name, type, shape, about));
    return name;
  }

  weight(name: string): Value {
    const { file, offset, length, shape } = this.stored(name);
    const externalData = Object.entries({ location: file, offset, length }).map(([key, value]) => ({
      key,
      value: String(value),
    }));
    this.#shared.initializers.set(name, {
      name,
      dims: shape,
      dataType: DATA_TYPES.float,
      dataLocation: EXTERNAL,
      externalData,
    });
    return name;
  }

  /** A constant of integers; a list of them unless a shape is given. */
  ints(values: readonly number[], shape: readonly number[] = [values.length]): Value {
    return this.#constant('int64', shape, values, BigInt64Array.from(values, BigInt));
  }

  floats(values: readonly number[], shape: readonly number[] = [values.length]): Value {
    return this.#constant('float', shape, values, Float32Array.from(values));
  }

  /** A large constant, by a name of its own. */
  table(name: string, values: Int32Array | Int8Array | Uint8Array, shape: readonly number[]): Value {
    const type = values instanceof Int32Array ? 'int32' : values instanceof Int8Array ? 'int8' : 'uint8';
    return this.#initializer(name, type, shape, values);
  }

  #constant(type: DataType, shape: readonly number[], values: readonly number[], data: ArrayBufferView): Value {
    return this.#initializer(`${type}[${shape.join()}]:${values.join()}`, type, shape, data);
  }

  #initializer(name: string, type: DataType, shape: readonly number[], data: ArrayBufferView): Value {
    const rawData = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    this.#shared.initializers.set(name, { name, dims: shape, dataType: DATA_TYPES[type], rawData });
    return name;
  }

  op(op: string, inputs: readonly Value[], attributes: Readonly<Record<string, Attribute>> = {}): Value {
    return this.ops(op, inputs, 1, attributes)[0] as Value;
  }

  /** An operation of several outputs. */
  ops(
    op: string,
    inputs: readonly Value[],
    outputs: number,
    attributes: Readonly<Record<string, Attribute>> = {},
  ): readonly Value[] {
    const key = JSON.stringify([op, inputs, outputs, attributes]);
    return this.#find(key) ?? this.#add(key, { op, inputs, attributes }, outputs);
  }

  /** ONNX's If: one of two parts runs; both give as many values. */
  choose(
    condition: Value,
    then: (graph: GraphBuilder) => readonly Value[],
    otherwise: (graph: GraphBuilder) => readonly Value[],
  ): readonly Value[] {
    const branches = { then_branch: this.#branch(then), else_branch: this.#branch(otherwise) };
    const node = { op: 'If', inputs: [condition], attributes: {}, branches };
    return this.#add(`If ${this.#shared.count}`, node, branches.then_branch.outputs.length);
  }

  #branch(build: (graph: GraphBuilder) => readonly Value[]): Part {
    const inner = new GraphBuilder(this.stored, this);
    // A branch gives what it made itself, and nothing twice.
    const outputs: Value[] = [];
    for (const value of build(inner))
      outputs.push(inner.#makes(value) && !outputs.includes(value) ? value : inner.op('Identity', [value]));
    return { nodes: needed(inner.#nodes, outputs), outputs };
  }

  #makes(value: Value): boolean {
    return this.#nodes.some(({ outputs }) => outputs.includes(value));
  }

  #find(key: string): readonly Value[] | undefined {
    return this.#made.get(key) ?? (this.#parent ? this.#parent.#find(key) : undefined);
  }

  #add(key: string, node: Omit<Node, 'outputs'>, count: number): readonly Value[] {
    const name = `${node.op}_${++this.#shared.count}`;
    const outputs = count === 1 ? [name] : Array.from({ length: count }, (_, i) => `${name}.${i}`);
    this.#nodes.push({ ...node, outputs });
    this.#made.set(key, outputs);
    return outputs;
  }

  /** The model's bytes. @param outputs name -> value and its type and shape */
  encode(
    name: string,
    about: string,
    outputs: Readonly<Record<string, readonly [Value, DataType, readonly Dimension[], string]>>,
  ): Buffer {
    for (const [output, [value]] of Object.entries(outputs)) {
      this.#nodes.push({ op: 'Identity', inputs: [value], outputs: [output], attributes: {} });
    }
    const nodes = needed(this.#nodes, Object.keys(outputs));
    const used = new Set(nodes.flatMap(reads));
    return encodeModel({
      irVersion: IR_VERSION,
      producerName: 'steerstream',
      opsetImport: [{ domain: '', version: OPSET }],
      graph: {
        name,
        docString: about,
        node: nodes.map(nodeMessage),
        input: this.#shared.inputs,
        output: Object.entries(outputs).map(([output, [, type, shape, text]]) => valueInfo(output, type, shape, text)),
        initializer: [...this.#shared.initializers].filter(([value]) => used.has(value)).map(([, tensor]) => tensor),
      },
    });
  }
}

/** What a node reads, its branches' too. */
function reads({ inputs, branches = {} }: Node): readonly Value[] {
  return [...inputs, ...Object.values(branches).flatMap(({ nodes, outputs }) => [...nodes.flatMap(reads), ...outputs])];
}

/** The nodes that the outputs come from, in order. */
function needed(nodes: readonly Node[], outputs: readonly Value[]): readonly Node[] {
  const wanted = new Set(outputs);
  const kept = nodes.toReversed().filter((node) => {
    const isWanted = node.outputs.some((output) => wanted.has(output));
    if (isWanted) for (const value of reads(node)) wanted.add(value);
    return isWanted;
  });
  return kept.reverse();
}

function nodeMessage({ op, inputs, outputs, attributes, branches = {} }: Node): object {
  return {
    name: outputs[0],
    opType: op,
    input: inputs,
    output: outputs,
    attribute: [
      ...Object.entries(attributes).map(([name, value]) => ({ name, ...attributeMessage(value) })),
      ...Object.entries(branches).map(([name, part]) => ({ name, type: ATTRIBUTE_TYPES.graph, g: branch(name, part) })),
    ],
  };
}

const branch = (name: string, { nodes, outputs }: Part): object => ({
  name,
  node: nodes.map(nodeMessage),
  output: outputs.map((output) => ({ name: output })),
});

function attributeMessage(value: Attribute): object {
  if (typeof value === 'number') return { type: ATTRIBUTE_TYPES.int, i: value };
  if (typeof value === 'string') return { type: ATTRIBUTE_TYPES.string, s: Buffer.from(value) };
  if ('float' in value) return { type: ATTRIBUTE_TYPES.float, f: value.float };
  return { type: ATTRIBUTE_TYPES.ints, ints: value };
}

function valueInfo(name: string, type: DataType, shape: readonly Dimension[], about: string): object {
  const dim = shape.map((size) => (typeof size === 'number' ? { dimValue: size } : { dimParam: size }));
  return { name, docString: about, type: { tensorType: { elemType: DATA_TYPES[type], shape: { dim } } } };
}
