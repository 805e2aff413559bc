import { Suspense, useState } from 'react';
import { lazyNamed } from '../lazy-named.ts';
import type { FilterProps } from '../field-kind.ts';

const Picker = lazyNamed(() => import('./temporal.tsx'), (module) => module.DateRangeFilter);

// The calendar is the heaviest control there is, and most lists are read without it: it loads when
// somebody reaches for it, or at once when a filter is already set.
export function DateFilter(props: FilterProps) {
  const [wanted, setWanted] = useState(false);
  const button = (
    <button type="button" className="filter-later" aria-label={props.label} onClick={() => { setWanted(true); }}>
      {props.label}
    </button>
  );
  if (!wanted && props.filters.length === 0) return button;
  return (
    <Suspense fallback={button}>
      <Picker {...props} startOpen={wanted} />
    </Suspense>
  );
}
