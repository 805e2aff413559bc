import { PlusOutlined, ReloadOutlined, SettingOutlined } from '@ant-design/icons';
import { Button, Checkbox, Input, type InputRef, Popover } from 'antd';
import { lazy, Suspense, useMemo, useRef, useState } from 'react';
import { useNavigate, useSearchParams } from 'react-router';
import { contains } from '../../api/query-string.ts';
import type { Entity, Schema } from '../../api/types.ts';
import { useText } from '../../i18n/use-text.ts';
import { ProblemPanel } from '../layout/ProblemPanel.tsx';
import type { PageProps } from '../plugins/PluginPage.tsx';
import { useColumnChoice } from './column-store.ts';
import { FilterBar } from './FilterBar.tsx';
import { type ListState, readListState, replaceFilters, searchField, toggleSort, writeListState } from './list-state.ts';
import { RecordTable } from './RecordTable.tsx';
import { fieldsNamed, withSystemFields } from './system-fields.ts';
import { useRecordPages } from './use-record-pages.ts';
import { useShortcuts } from './use-shortcuts.ts';

const RecordDrawer = lazy(() => import('./RecordDrawer.tsx'));
const ActionBar = lazy(() => import('../actions/ActionBar.tsx'));
const newRecord = 'new';
const top = { first: 0, last: 0 };

export default function CrudPage({ schema, page, record }: PageProps) {
  const entity = schema.entities.find((candidate) => candidate.name === page.entity);
  if (entity === undefined) return <ProblemPanel error={new Error(page.entity)} />;
  return <EntityList schema={schema} entity={entity} page={page} record={record} />;
}

function EntityList({ schema, entity: own, page, record }: PageProps & { schema: Schema; entity: Entity }) {
  const { t, say } = useText();
  const entity = useMemo(() => withSystemFields(own, (name) => t(`field.${name}`)), [own, t]);
  const navigate = useNavigate();
  const [params, setParams] = useSearchParams();
  const state = readListState(params, entity);
  const setState = (next: ListState): void => {
    setRange(top);
    setParams(writeListState(next), { replace: true });
  };
  const [range, setRange] = useState(top);
  const [choice, setChoice] = useColumnChoice(`${schema.plugin}/${page.id}`);
  const searchBox = useRef<InputRef>(null);

  const columns = useMemo(() => fieldsNamed(entity, own, page.columns, (field) => field.type !== 'json'), [entity, own, page.columns]);
  const shown = useMemo(() => columns.filter((field) => !choice.hidden.includes(field.name)), [columns, choice.hidden]);
  const filterable = useMemo(() => fieldsNamed(entity, own, page.filters, (field) => field.filterable === true), [entity, own, page.filters]);
  const searched = searchField(entity);

  const search = searched && state.search !== '' ? [contains(searched.name, state.search)] : [];
  const query = {
    select: ['id', ...columns.map((field) => field.name)],
    filters: [...state.filters, ...search],
    order: state.order,
  };
  const pages = useRecordPages({ plugin: schema.plugin, entity: entity.name }, query, range);

  const basePath = `/p/${schema.plugin}/${page.id}`;
  const open = (id: string | undefined): void => {
    void navigate({ pathname: id === undefined ? basePath : `${basePath}/${id}`, search: params.toString() });
  };
  useShortcuts({ '/': () => searchBox.current?.focus(), n: () => { open(newRecord); } }, record === undefined);

  const label = say(entity.label);
  const filtered = query.filters.length > 0;
  const actions = (schema.actions ?? []).filter((action) => action.entity === entity.name || action.entity === undefined);

  return (
    <div className="crud">
      <div className="crud-head">
        <h1>{say(page.label)}</h1>
        <span className="crud-count" data-testid="count" aria-live="polite">
          {pages.total === undefined ? '' : t('list.total', { total: pages.total.toLocaleString() })}
        </span>
        {state.filters.length > 0 ? (
          <Button type="link" size="small" data-testid="clear-filters" onClick={() => { setState({ ...state, filters: [] }); }}>
            {t('list.clearFilters')}
          </Button>
        ) : null}
        <span className="crud-spring" />
        {searched ? (
          <Input.Search
            ref={searchBox}
            key={state.search}
            className="crud-search"
            allowClear
            defaultValue={state.search}
            placeholder={t('list.search', { label: say(searched.label) })}
            title={t('list.searchHint')}
            data-testid="search"
            onSearch={(text) => { setState({ ...state, search: text.trim() }); }}
          />
        ) : null}
        {actions.length > 0 ? (
          <Suspense>
            <ActionBar plugin={schema.plugin} actions={actions} onDone={pages.reload} />
          </Suspense>
        ) : null}
        <Button icon={<ReloadOutlined spin={pages.loading} />} aria-label={t('list.refresh')} title={t('list.refresh')} onClick={pages.reload} />
        <Popover
          trigger="click"
          placement="bottomRight"
          content={
            <Checkbox.Group
              className="crud-columns"
              value={shown.map((field) => field.name)}
              options={columns.map((field) => ({ value: field.name, label: say(field.label) }))}
              onChange={(names) => {
                const hidden = columns.map((field) => field.name).filter((name) => !names.includes(name));
                if (hidden.length < columns.length) setChoice({ ...choice, hidden });
              }}
            />
          }
        >
          <Button icon={<SettingOutlined />} aria-label={t('list.columns')} title={t('list.columns')} />
        </Popover>
        <Button type="primary" icon={<PlusOutlined />} title={t('list.createHint')} data-testid="new" onClick={() => { open(newRecord); }}>
          {t('list.create')}
        </Button>
      </div>
      <FilterBar
        fields={filterable}
        filters={state.filters}
        onChange={(field, filters) => { setState(replaceFilters(state, field, filters)); }}
      />
      {pages.error && pages.rows.length === 0 ? (
        <ProblemPanel error={pages.error} onRetry={pages.reload} />
      ) : (
        <RecordTable
          key={writeListState(state).toString()}
          label={label}
          fields={shown}
          pages={pages}
          order={state.order}
          sizes={choice.sizes}
          onSizes={(sizes) => { setChoice({ ...choice, sizes }); }}
          onSort={(field, add) => { setState({ ...state, order: toggleSort(state.order, field, add) }); }}
          onOpen={(row) => { open(row.id); }}
          onRange={setRange}
          empty={
            <div className="panel-note">
              <h2>{filtered ? t('list.noMatch', { label }) : t('list.empty', { label })}</h2>
              <p>{filtered ? t('list.noMatchText') : t('list.emptyText')}</p>
            </div>
          }
        />
      )}
      {record !== undefined ? (
        <Suspense>
          <RecordDrawer
            key={record}
            plugin={schema.plugin}
            entity={own}
            recordId={record === newRecord ? undefined : record}
            onClose={() => { open(undefined); }}
          />
        </Suspense>
      ) : null}
    </div>
  );
}
