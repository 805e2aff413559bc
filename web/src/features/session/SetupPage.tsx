// Behind the link that the server prints at its first start: whoever opens it makes the first
// company and becomes its administrator.
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { useNavigate } from 'react-router';
import { postJson } from '../../api/client.ts';
import { toProblem } from '../../api/problem.ts';
import { useText } from '../../i18n/use-text.ts';
import { LabelledBox, SessionCard, SessionProblem } from './SessionCard.tsx';

const empty = { company: '', user: '', password: '' };

export default function SetupPage() {
  const { t } = useText();
  const navigate = useNavigate();
  const [wish, setWish] = useState(empty);
  const token = window.location.hash.slice(1);
  const make = useMutation({
    mutationFn: () => postJson('/setup', { ...wish, token }),
    onSuccess: () =>
      navigate(`/login?company=${encodeURIComponent(wish.company)}&user=${encodeURIComponent(wish.user)}`, {
        replace: true,
      }),
  });
  const set = (name: keyof typeof empty) => (value: string) => {
    setWish((old) => ({ ...old, [name]: value }));
  };

  return (
    <SessionCard title={t('session.setupTitle')} onSubmit={() => { make.mutate(); }}>
      <p className="login-hint">{t('session.setupText')}</p>
      <LabelledBox label={t('session.company')} name="organization" value={wish.company} onChange={set('company')} />
      <LabelledBox label={t('session.user')} name="username" value={wish.user} onChange={set('user')} />
      <LabelledBox
        label={t('session.newPassword')}
        name="new-password"
        value={wish.password}
        onChange={set('password')}
        secret
      />
      <p className="login-hint">{t('session.passwordRule')}</p>
      <SessionProblem problem={make.error ? toProblem(make.error) : undefined} />
      <button type="submit" className="main-button" disabled={make.isPending}>
        {t('session.setUp')}
      </button>
    </SessionCard>
  );
}
