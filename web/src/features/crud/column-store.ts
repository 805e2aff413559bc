// Column widths and hidden columns, remembered per page in this browser.
import { useState } from 'react';

export interface ColumnChoice {
  sizes: Record<string, number>;
  hidden: string[];
}

function read(key: string): ColumnChoice {
  try {
    const stored = JSON.parse(localStorage.getItem(key) ?? '{}') as Partial<ColumnChoice>;
    return { sizes: stored.sizes ?? {}, hidden: stored.hidden ?? [] };
  } catch {
    return { sizes: {}, hidden: [] };
  }
}

export function useColumnChoice(page: string): [ColumnChoice, (next: ColumnChoice) => void] {
  const key = `tenon.columns/${page}`;
  const [choice, setChoice] = useState(() => read(key));
  const store = (next: ColumnChoice): void => {
    setChoice(next);
    localStorage.setItem(key, JSON.stringify(next));
  };
  return [choice, store];
}
