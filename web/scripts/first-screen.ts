// The login page is what everybody waits for first. This fails the build when all that it loads,
// gzipped, no longer fits the budget, so that an import in the wrong place is noticed at once.
import { gzipSync } from 'node:zlib';
import type { Plugin } from 'vite';

export function firstScreen(budgetBytes: number): Plugin {
  return {
    name: 'tenon-first-screen',
    apply: 'build',
    generateBundle(_, bundle) {
      const seen = new Set<string>();
      const weigh = (file: string): number => {
        const chunk = bundle[file];
        if (chunk === undefined || seen.has(file)) return 0;
        seen.add(file);
        if (chunk.type === 'asset') return gzipSync(chunk.source).length;
        const below = chunk.imports.reduce((sum, name) => sum + weigh(name), 0);
        return gzipSync(chunk.code).length + below;
      };
      const entry = Object.values(bundle).find((chunk) => chunk.type === 'chunk' && chunk.isEntry);
      if (entry === undefined) this.error('the build has no entry');
      const total = weigh(entry.fileName);
      const text = `first screen: ${(total / 1000).toFixed(1)} kB of script, gzipped`;
      if (total > budgetBytes) this.error(`${text}, over the budget of ${String(budgetBytes / 1000)} kB`);
      this.info(text);
    },
  };
}
