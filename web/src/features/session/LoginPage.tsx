import { useState } from 'react';
import { Navigate, useSearchParams } from 'react-router';
import { toProblem } from '../../api/problem.ts';
import { useText } from '../../i18n/use-text.ts';
import { safeNext } from './safe-next.ts';
import { asksForCode, type Credentials, useSession, useSignIn } from './session.ts';
import { LabelledBox, SessionCard, SessionProblem } from './SessionCard.tsx';

const companyKey = 'tenon.company';

export function LoginPage() {
  const { t } = useText();
  const [params] = useSearchParams();
  const session = useSession();
  const signIn = useSignIn();
  const [credentials, setCredentials] = useState<Credentials>(() => ({
    company: params.get('company') ?? localStorage.getItem(companyKey) ?? '',
    user: params.get('user') ?? '',
    password: '',
    remember: false,
  }));
  const [code, setCode] = useState('');

  if (session.data?.signedIn) return <Navigate to={safeNext(params.get('next'))} replace />;

  const demo = session.data?.demo;
  const problem = signIn.error ? toProblem(signIn.error) : undefined;
  const needsCode = problem !== undefined && asksForCode(problem);

  const submit = (): void => {
    localStorage.setItem(companyKey, credentials.company);
    signIn.mutate(needsCode ? { ...credentials, code } : credentials);
  };
  const set = (name: 'company' | 'user' | 'password') => (value: string) => {
    setCredentials((old) => ({ ...old, [name]: value }));
  };

  return (
    <SessionCard
      onSubmit={submit}
      footer={
        demo ? (
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
        ) : null
      }
    >
      <LabelledBox label={t('session.company')} name="organization" value={credentials.company} onChange={set('company')} />
      <LabelledBox label={t('session.user')} name="username" value={credentials.user} onChange={set('user')} />
      <LabelledBox
        label={t('session.password')}
        name="current-password"
        value={credentials.password}
        onChange={set('password')}
        secret
      />
      {needsCode ? (
        <LabelledBox label={t('session.code')} name="one-time-code" value={code} onChange={setCode} />
      ) : null}
      <label className="login-remember">
        <input
          type="checkbox"
          checked={credentials.remember ?? false}
          onChange={(event) => { setCredentials((old) => ({ ...old, remember: event.target.checked })); }}
        />
        {t('session.remember')}
      </label>
      <SessionProblem problem={problem} />
      <button type="submit" className="main-button" disabled={signIn.isPending}>
        {t('session.signIn')}
      </button>
    </SessionCard>
  );
}
