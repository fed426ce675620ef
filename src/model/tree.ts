/**
 * A weight tree: nested records and lists whose leaves are weights of one kind (tensors, arrays, gradients). Leaves are
 * named by their path, as in `blocks.0.attention.qkv.weight`, and visited in one fixed order.
 */
export type Tree<T> = T | { readonly [key: string]: Tree<T> } | readonly Tree<T>[];

const isBranch = (node: object): boolean =>
  Array.isArray(node) || Object.getPrototypeOf(node) === Object.prototype || Object.getPrototypeOf(node) === null;

/** Leaves in order, with their names. A leaf is any object that is no plain record and no list. */
export function leaves<T extends object>(tree: Tree<T>, name = ''): [string, T][] {
  if (!isBranch(tree)) return [[name, tree as T]];
  return Object.entries(tree).flatMap(([key, child]) => leaves(child as Tree<T>, name === '' ? key : `${name}.${key}`));
}

/** The same tree with every leaf replaced by `change(leaf, name)`. */
export function mapTree<T extends object, U>(tree: Tree<T>, change: (leaf: T, name: string) => U, name = ''): Tree<U> {
  if (!isBranch(tree)) return change(tree as T, name);
  const entries = Object.entries(tree).map(
    ([key, child]) => [key, mapTree(child as Tree<T>, change, name === '' ? key : `${name}.${key}`)] as const,
  );
  return Array.isArray(tree) ? entries.map(([, child]) => child) : Object.fromEntries(entries);
}
