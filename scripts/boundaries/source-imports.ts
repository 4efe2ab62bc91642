/** Reads what a TypeScript file imports, in whatever form: types, re-exports, `import()`, `import('…')` types and `require()`. */
import { isNamed, isSyntaxNode, type SyntaxNode, visitSyntaxTree } from './syntax-tree.ts';

export interface SourceImport {
  /** As written: `./parse-header.ts`, `@causeway/wire`, `node:net`. */
  readonly specifier: string;
  /** Counted from 1. */
  readonly line: number;
  /** Erased before the code runs. */
  readonly isTypeOnly: boolean;
}

/** Lists the imports of one file in the order they stand. @throws Error – the file is not valid TypeScript */
export function readSourceImports(path: string): SourceImport[] {
  const imports: SourceImport[] = [];
  visitSyntaxTree(path, (node, line) => {
    const specifier = importedSpecifier(node);
    if (specifier !== undefined) imports.push({ specifier, line, isTypeOnly: node.type === 'TsImportType' || node.typeOnly === true });
  });
  return imports;
}

function importedSpecifier(node: SyntaxNode): string | undefined {
  switch (node.type) {
    case 'ImportDeclaration':
    case 'ExportAllDeclaration':
    case 'ExportNamedDeclaration':
      return stringValue(node.source);
    case 'TsImportType':
      return stringValue(node.argument);
    case 'TsExternalModuleReference':
      return stringValue(node.expression);
    case 'CallExpression':
      return isImporting(node.callee) ? stringValue(firstArgument(node.arguments)) : undefined;
    default:
      return undefined;
  }
}

function isImporting(callee: unknown): boolean {
  return (isSyntaxNode(callee) && callee.type === 'Import') || isNamed(callee, 'require');
}

function firstArgument(callArguments: unknown): unknown {
  const first: unknown = Array.isArray(callArguments) ? callArguments[0] : undefined;
  return typeof first === 'object' && first !== null && 'expression' in first ? first.expression : undefined;
}

function stringValue(node: unknown): string | undefined {
  return isSyntaxNode(node) && node.type === 'StringLiteral' && typeof node.value === 'string' ? node.value : undefined;
}
