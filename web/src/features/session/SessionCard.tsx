// The frame of the pages that are seen before anybody is signed in, and the parts of their forms.
import { type FormEvent, type ReactNode, useId } from 'react';
import type { Problem } from '../../api/problem.ts';
import { useText } from '../../i18n/use-text.ts';
import { LanguageSwitch } from '../layout/LanguageSwitch.tsx';
import { nextStep } from '../layout/next-step.ts';
import './login.css';

interface SessionCardProps {
  title?: string;
  onSubmit: () => void;
  children: ReactNode;
  footer?: ReactNode;
}

export function SessionCard({ title, onSubmit, children, footer }: SessionCardProps) {
  const { t } = useText();
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    onSubmit();
  };
  return (
    <main className="login">
      <div className="login-language">
        <LanguageSwitch />
      </div>
      <section className="login-card" aria-labelledby="login-title">
        <header>
          <img src="/favicon.svg" alt="" width={36} height={36} />
          <div>
            <h1 id="login-title">{title ?? t('app.name')}</h1>
            <p>{t('app.tagline')}</p>
          </div>
        </header>
        <form onSubmit={submit}>{children}</form>
        {footer}
      </section>
    </main>
  );
}

export function SessionProblem({ problem }: { problem: Problem | undefined }) {
  const { t } = useText();
  if (!problem) return null;
  const fields = (problem.fields ?? []).map((field) => field.message).join(' ');
  return (
    <p className="login-problem" role="alert">
      {problem.message ?? problem.title ?? t('problem.title')}
      <span>{fields || (problem.hint ?? (problem.status === 401 ? '' : t(nextStep(problem))))}</span>
    </p>
  );
}

interface LabelledBoxProps {
  label: string;
  name: string;
  value: string;
  onChange: (value: string) => void;
  secret?: boolean;
  readOnly?: boolean;
}

// `name` doubles as the autocomplete token, so password managers fill the form.
export function LabelledBox({ label, name, value, onChange, secret = false, readOnly = false }: LabelledBoxProps) {
  const id = useId();
  return (
    <div className="login-field">
      <label htmlFor={id}>{label}</label>
      <input
        id={id}
        className="text-box"
        autoComplete={name}
        type={secret ? 'password' : 'text'}
        value={value}
        onChange={(event) => { onChange(event.target.value); }}
        readOnly={readOnly}
        required
      />
    </div>
  );
}
