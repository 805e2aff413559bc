import type { FieldProblem } from '../../api/problem.ts';

export interface ManifestPlace {
  path: string;
  line: number | undefined;
  column: number | undefined;
}

// A manifest error names its place as members of its own or as the end of its path, `name:12:5`.
export function placeOf(error: FieldProblem): ManifestPlace {
  const match = /^(.*?):?(\d+):(\d+)$/.exec(error.path);
  if (error.line !== undefined || match === null) return { path: error.path, line: error.line, column: error.column };
  return { path: match[1] ?? '', line: Number(match[2]), column: Number(match[3]) };
}
