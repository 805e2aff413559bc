import { type FormEvent, type ReactNode, useId, useState } from 'react';
import { Navigate, useSearchParams } from 'react-router';
import { toProblem } from '../../api/problem.ts';
import { useText } from '../../i18n/use-text.ts';
import { LanguageSwitch } from '../layout/LanguageSwitch.tsx';
import { nextStep } from '../layout/next-step.ts';
import { safeNext } from './safe-next.ts';
import { type Credentials, useSession, useSignIn } from './session.ts';
import './login.css';

const companyKey = 'tenon.company';

export function LoginPage() {
  const { t } = useText();
  const [params] = useSearchParams();
  const session = useSession();
  const signIn = useSignIn();
  const [credentials, setCredentials] = useState<Credentials>(() => ({
    company: localStorage.getItem(companyKey) ?? '',
    user: '',
    password: '',
  }));

  if (session.data?.signedIn) return <Navigate to={safeNext(params.get('next'))} replace />;

  const demo = session.data?.demo;
  const problem = signIn.error ? toProblem(signIn.error) : undefined;

  const submit = (event: FormEvent): void => {
    event.preventDefault();
    localStorage.setItem(companyKey, credentials.company);
    signIn.mutate(credentials);
  };
  const set = (name: keyof Credentials) => (value: string) => {
    setCredentials((old) => ({ ...old, [name]: value }));
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
            <h1 id="login-title">{t('app.name')}</h1>
            <p>{t('app.tagline')}</p>
          </div>
        </header>
        <form onSubmit={submit}>
          <Labelled label={t('session.company')}>
            {(id) => <TextBox id={id} name="organization" value={credentials.company} onChange={set('company')} />}
          </Labelled>
          <Labelled label={t('session.user')}>
            {(id) => <TextBox id={id} name="username" value={credentials.user} onChange={set('user')} />}
          </Labelled>
          <Labelled label={t('session.password')}>
            {(id) => (
              <TextBox id={id} name="current-password" value={credentials.password} onChange={set('password')} secret />
            )}
          </Labelled>
          {problem ? (
            <p className="login-problem" role="alert">
              {problem.message ?? problem.title ?? t('problem.title')}
              <span>{problem.hint ?? (problem.status === 401 ? '' : t(nextStep(problem)))}</span>
            </p>
          ) : null}
          <button type="submit" className="main-button" disabled={signIn.isPending}>
            {t('session.signIn')}
          </button>
        </form>
        {demo ? (
          <aside className="login-demo">
            <div>
              <strong>{t('session.demoTitle')}</strong>
              <p>{t('session.demoText')}</p>
            </div>
            <button
              type="button"
              className="plain-button"
              disabled={signIn.isPending}
              onClick={() => { signIn.mutate({ ...demo, password: 'demo' }); }}
            >
              {t('session.enterDemo')}
            </button>
          </aside>
        ) : null}
      </section>
    </main>
  );
}

function Labelled({ label, children }: { label: string; children: (id: string) => ReactNode }) {
  const id = useId();
  return (
    <div className="login-field">
      <label htmlFor={id}>{label}</label>
      {children(id)}
    </div>
  );
}

interface TextBoxProps {
  id: string;
  name: string;
  value: string;
  onChange: (value: string) => void;
  secret?: boolean;
}

// `name` doubles as the autocomplete token, so password managers fill the form.
function TextBox({ id, name, value, onChange, secret = false }: TextBoxProps) {
  return (
    <input
      id={id}
      className="text-box"
      autoComplete={name}
      type={secret ? 'password' : 'text'}
      value={value}
      onChange={(event) => { onChange(event.target.value); }}
      required
    />
  );
}
