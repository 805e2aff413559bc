import { CaretDownFilled, CaretUpFilled } from '@ant-design/icons';
import {
  columnResizingFeature,
  columnSizingFeature,
  createColumnHelper,
  tableFeatures,
  useTable,
  type ColumnSizingState,
} from '@tanstack/react-table';
import { useVirtualizer } from '@tanstack/react-virtual';
import { type CSSProperties, type KeyboardEvent, type ReactNode, useEffect, useMemo, useRef, useState } from 'react';
import type { Sort } from '../../api/query-string.ts';
import type { Field, Row } from '../../api/types.ts';
import { useText } from '../../i18n/use-text.ts';
import { fieldKind } from '../fields/registry.tsx';
import { isSortable } from './list-state.ts';
import type { RecordPages, RowRange } from './use-record-pages.ts';
import './table.css';

const features = tableFeatures({ columnSizingFeature, columnResizingFeature });
const column = createColumnHelper<typeof features, Row>();
const rowHeight = 34;
const overscan = 10;

interface Props {
  label: string;
  fields: readonly Field[];
  pages: RecordPages;
  order: readonly Sort[];
  sizes: ColumnSizingState;
  empty: ReactNode;
  onSizes: (sizes: ColumnSizingState) => void;
  onSort: (field: string, add: boolean) => void;
  onOpen: (row: Row) => void;
  onRange: (range: RowRange) => void;
}

// A list that draws only the rows on screen, however long it is. Arrow keys walk the rows, Enter
// opens one.
export function RecordTable({ label, fields, pages, order, sizes, empty, onSizes, onSort, onOpen, onRange }: Props) {
  const { t, say, locale } = useText();
  const scroller = useRef<HTMLDivElement>(null);
  const [active, setActive] = useState(0);
  const columns = useMemo(
    () =>
      fields.map((field) => {
        const size = fieldKind(field.type).width;
        return column.accessor((row): unknown => row[field.name], { id: field.name, size, minSize: 60, maxSize: 800 });
      }),
    [fields],
  );
  const table = useTable({
    features,
    columns,
    data: pages.rows,
    getRowId: (row) => row.id,
    state: { columnSizing: sizes },
    columnResizeMode: 'onChange',
    onColumnSizingChange: (change) => { onSizes(typeof change === 'function' ? change(sizes) : change); },
  });
  const headers = table.getHeaderGroups()[0]?.headers ?? [];
  const template = headers.map((header) => `${String(header.getSize())}px`).join(' ');
  const style = { '--columns': `${template} minmax(0, 1fr)`, '--width': `${String(table.getTotalSize())}px` } as CSSProperties;

  const virtual = useVirtualizer({
    count: pages.empty ? 0 : pages.count,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan,
  });
  const items = virtual.getVirtualItems();
  const first = items[0]?.index ?? 0;
  const last = items.at(-1)?.index ?? 0;
  useEffect(() => { onRange({ first, last }); }, [onRange, first, last]);

  const move = (to: number): void => {
    const next = Math.max(0, Math.min(pages.count - 1, to));
    setActive(next);
    virtual.scrollToIndex(next);
    requestAnimationFrame(() => scroller.current?.querySelector<HTMLElement>(`[data-index="${String(next)}"]`)?.focus());
  };
  const onKey = (event: KeyboardEvent, index: number, row: Row | undefined): void => {
    const steps: Partial<Record<string, number>> = { ArrowDown: 1, ArrowUp: -1, PageDown: 15, PageUp: -15 };
    const step = steps[event.key];
    if (event.key === 'Enter' && row) onOpen(row);
    else if (event.key === 'Home') move(0);
    else if (step !== undefined) move(index + step);
    else return;
    event.preventDefault();
  };

  const context = { locale, yes: t('list.yes'), no: t('list.no') };
  const sortOf = (field: Field) => order.find((sort) => sort.field === field.name);
  const ariaSort = (sort: Sort | undefined) => (sort ? (sort.descending ? 'descending' : 'ascending') : 'none');

  return (
    <div className="table" role="grid" aria-label={label} aria-rowcount={pages.total ?? -1} ref={scroller} style={style}>
      <div className="table-head" role="row">
        {headers.map((header, i) => {
          const field = fields[i];
          if (!field) return null;
          const sort = sortOf(field);
          const name = say(field.label);
          return (
            <div key={field.name} role="columnheader" aria-sort={ariaSort(sort)} data-align={fieldKind(field.type).align}>
              {isSortable(field) ? (
                <button type="button" onClick={(event) => { onSort(field.name, event.shiftKey); }}>
                  {name}
                  {sort ? sort.descending ? <CaretDownFilled /> : <CaretUpFilled /> : null}
                </button>
              ) : (
                <span>{name}</span>
              )}
              <span
                className="table-resize"
                title={t('list.resize', { label: name })}
                onMouseDown={header.getResizeHandler()}
                onTouchStart={header.getResizeHandler()}
              />
            </div>
          );
        })}
      </div>
      {pages.empty ? (
        empty
      ) : (
        <div className="table-body" role="rowgroup" style={{ height: virtual.getTotalSize() }}>
          {items.map((item) => {
            const row = pages.rowAt(item.index);
            return (
              <div
                key={item.key}
                role="row"
                className="table-row"
                data-index={item.index}
                data-testid={row ? 'row' : 'row-loading'}
                aria-rowindex={item.index + 2}
                tabIndex={item.index === active ? 0 : -1}
                style={{ transform: `translateY(${String(item.start)}px)` }}
                onClick={() => { if (row) onOpen(row); }}
                onKeyDown={(event) => { onKey(event, item.index, row); }}
                onFocus={() => { setActive(item.index); }}
              >
                {fields.map((field) => (
                  <div key={field.name} role="gridcell" data-field={field.name} data-align={fieldKind(field.type).align}>
                    {row ? fieldKind(field.type).cell(row[field.name], { field, ...context }) : <span className="bone" />}
                  </div>
                ))}
              </div>
            );
          })}
        </div>
      )}
    </div>
  );
}
