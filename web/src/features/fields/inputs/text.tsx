import { Input } from 'antd';
import { useEffect, useRef, useState } from 'react';
import { contains } from '../../../api/query-string.ts';
import { useText } from '../../../i18n/use-text.ts';
import type { FilterProps, InputProps } from '../field-kind.ts';
import { plainText } from '../format.ts';
import { likeText } from './like-text.ts';

const typingPauseMs = 300;

export function TextInput({ field, id, value, onChange, disabled }: InputProps) {
  return (
    <Input
      id={id}
      value={plainText(value)}
      disabled={disabled}
      maxLength={field.max_length}
      onChange={(event) => onChange?.(event.target.value)}
    />
  );
}

// It grows by CSS (`field-sizing`): antd's own growing sets a style attribute, which the page's policy
// refuses.
export function LongTextInput({ field, id, value, onChange, disabled }: InputProps) {
  return (
    <Input.TextArea
      id={id}
      value={plainText(value)}
      disabled={disabled}
      maxLength={field.max_length}
      rows={3}
      className="field-long"
      onChange={(event) => onChange?.(event.target.value)}
    />
  );
}

// Holds the text while it is not yet valid; only parsed JSON counts as a value.
export function JsonInput({ id, value, onChange, disabled }: InputProps) {
  const shown = typeof value === 'string' ? value : value == null ? '' : JSON.stringify(value, null, 2);
  const [text, setText] = useState(shown);
  const change = (next: string): void => {
    setText(next);
    if (next.trim() === '') {
      onChange?.(null);
      return;
    }
    try {
      onChange?.(JSON.parse(next) as InputProps['value']);
    } catch {
      onChange?.(next);
    }
  };
  return (
    <Input.TextArea
      id={id}
      value={text}
      disabled={disabled}
      rows={3}
      className="field-long field-json"
      onChange={(event) => { change(event.target.value); }}
    />
  );
}

export function ReadOnlyInput({ id, value }: InputProps) {
  const { t } = useText();
  return <Input id={id} value={plainText(value)} placeholder={t('form.sequence')} disabled />;
}

// Waits for a pause in typing, so that a word is one request and one entry in the history.
export function TextFilter({ field, label, filters, onChange }: FilterProps) {
  const applied = likeText(filters[0]);
  const [text, setText] = useState(applied);
  const [known, setKnown] = useState(applied);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  if (known !== applied) {
    setKnown(applied);
    setText(applied);
  }
  useEffect(() => () => { clearTimeout(timer.current); }, []);

  const apply = (next: string): void => {
    clearTimeout(timer.current);
    onChange(next.trim() === '' ? [] : [contains(field.name, next.trim())]);
  };
  const type = (next: string): void => {
    setText(next);
    clearTimeout(timer.current);
    if (next === '') apply(next);
    else timer.current = setTimeout(() => { apply(next); }, typingPauseMs);
  };
  return (
    <Input
      allowClear
      value={text}
      placeholder={label}
      aria-label={label}
      data-testid={`filter-${field.name}`}
      className="filter-text"
      onChange={(event) => { type(event.target.value); }}
      onPressEnter={() => { apply(text); }}
    />
  );
}
