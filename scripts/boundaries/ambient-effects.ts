/**
 * Finds the clock and the dice where the compiler cannot forbid them: `Date` and `Math.random` belong to the language itself,
 * so they stay in scope in a package compiled without Node's and the browser's types.
 */
import { isNamed, type SyntaxNode, visitSyntaxTree } from './syntax-tree.ts';

export interface AmbientEffect {
  /** `Date` or `Math.random`. */
  readonly name: string;
  /** Counted from 1. */
  readonly line: number;
}

/** Lists the places where a file reads the time or draws a random number by itself. */
export function findAmbientEffects(path: string): AmbientEffect[] {
  const effects: AmbientEffect[] = [];
  visitSyntaxTree(path, (node, line) => {
    const name = effectName(node);
    if (name !== undefined) effects.push({ name, line });
  });
  return effects;
}

function effectName(node: SyntaxNode): string | undefined {
  if (node.type === 'MemberExpression') {
    if (isNamed(node.object, 'Math') && isNamed(node.property, 'random')) return 'Math.random';
    if (isNamed(node.object, 'Date')) return 'Date';
  }
  return (node.type === 'NewExpression' || node.type === 'CallExpression') && isNamed(node.callee, 'Date') ? 'Date' : undefined;
}
