/**
 * A WGSL kernel as data: its source, what is bound to it, and how large its workgroups are. Builders in this folder
 * make them from shapes alone, so they are tested without a graphics processor. Everything that a builder bakes in stands
 * in the source, which is therefore the key under which a compiled pipeline is kept.
 */

export interface BindingCode {
  readonly name: string;
  readonly access: 'uniform' | 'read' | 'read_write';
  /** Whether its place in the buffer is given with every dispatch. */
  readonly moves: boolean;
  /** WGSL type of the elements, or of the whole for a uniform. */
  readonly type: string;
}

export interface KernelCode {
  readonly label: string;
  readonly source: string;
  /** In the order of their numbers. */
  readonly bindings: readonly BindingCode[];
  /** Bytes of workgroup memory that it takes. */
  readonly workgroupBytes: number;
}

export function uniform(name: string, type: string): BindingCode {
  return { name, access: 'uniform', moves: true, type };
}

export function read(name: string, type: string, moves = false): BindingCode {
  return { name, access: 'read', moves, type };
}

export function write(name: string, type: string, moves = false): BindingCode {
  return { name, access: 'read_write', moves, type };
}

/** The declarations of all bindings, in group 0. */
export function declarations(bindings: readonly BindingCode[]): string {
  return bindings
    .map(({ name, access, type }, i) =>
      access === 'uniform'
        ? `@group(0) @binding(${i}) var<uniform> ${name}: ${type};`
        : `@group(0) @binding(${i}) var<storage, ${access}> ${name}: array<${type}>;`,
    )
    .join('\n');
}

/** A literal that is read back as exactly this float32. */
export function float(value: number): string {
  return `${Math.fround(value)}f`;
}

/** `count` pieces of source, one after another. */
export function repeat(count: number, piece: (i: number) => string): string {
  return Array.from({ length: count }, (_, i) => piece(i)).join('\n');
}
