import { lazy, type ComponentType, type LazyExoticComponent } from 'react';

// `React.lazy` for a named export.
export function lazyNamed<M, P>(
  load: () => Promise<M>,
  pick: (module: M) => ComponentType<P>,
): LazyExoticComponent<ComponentType<P>> {
  return lazy(async () => ({ default: pick(await load()) }));
}
