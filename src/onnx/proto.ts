/** The part of ONNX's protobuf messages (onnx.proto3) that a graph of ours needs, and their bytes. */
import protobuf from 'protobufjs/light.js';

/** TensorProto.DataType */
export const DATA_TYPES = { float: 1, uint8: 2, int8: 3, int32: 6, int64: 7, bool: 9 } as const;
export type DataType = keyof typeof DATA_TYPES;

/** AttributeProto.AttributeType */
export const ATTRIBUTE_TYPES = { float: 1, int: 2, string: 3, graph: 5, ints: 7 } as const;

/** TensorProto.DataLocation: the values lie in another file. */
export const EXTERNAL = 1;

type Field = readonly [id: number, type: string, rule?: 'repeated'];

const MESSAGES: Readonly<Record<string, Readonly<Record<string, Field>>>> = {
  Model: {
    irVersion: [1, 'int64'],
    producerName: [2, 'string'],
    graph: [7, 'Graph'],
    opsetImport: [8, 'OperatorSet', 'repeated'],
  },
  OperatorSet: { domain: [1, 'string'], version: [2, 'int64'] },
  Graph: {
    node: [1, 'Node', 'repeated'],
    name: [2, 'string'],
    initializer: [5, 'Tensor', 'repeated'],
    docString: [10, 'string'],
    input: [11, 'ValueInfo', 'repeated'],
    output: [12, 'ValueInfo', 'repeated'],
  },
  Node: {
    input: [1, 'string', 'repeated'],
    output: [2, 'string', 'repeated'],
    name: [3, 'string'],
    opType: [4, 'string'],
    attribute: [5, 'Attribute', 'repeated'],
  },
  Attribute: {
    name: [1, 'string'],
    f: [2, 'float'],
    i: [3, 'int64'],
    s: [4, 'bytes'],
    g: [6, 'Graph'],
    ints: [8, 'int64', 'repeated'],
    type: [20, 'int32'],
  },
  Tensor: {
    dims: [1, 'int64', 'repeated'],
    dataType: [2, 'int32'],
    name: [8, 'string'],
    rawData: [9, 'bytes'],
    externalData: [13, 'Entry', 'repeated'],
    dataLocation: [14, 'int32'],
  },
  Entry: { key: [1, 'string'], value: [2, 'string'] },
  ValueInfo: { name: [1, 'string'], type: [2, 'Type'], docString: [3, 'string'] },
  Type: { tensorType: [1, 'TensorType'] },
  TensorType: { elemType: [1, 'int32'], shape: [2, 'Shape'] },
  Shape: { dim: [1, 'Dimension', 'repeated'] },
  Dimension: { dimValue: [1, 'int64'], dimParam: [2, 'string'] },
};

const root = protobuf.Root.fromJSON({
  nested: Object.fromEntries(
    Object.entries(MESSAGES).map(([name, fields]) => [
      name,
      {
        fields: Object.fromEntries(
          Object.entries(fields).map(([field, [id, type, rule]]) => [field, { id, type, ...(rule && { rule }) }]),
        ),
      },
    ]),
  ),
});

const Model = root.lookupType('Model');

/** The bytes of a model given as a plain object of these messages. */
export const encodeModel = (model: object): Buffer => Buffer.from(Model.encode(Model.fromObject(model)).finish());
