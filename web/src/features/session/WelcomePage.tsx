// Behind a one-time link: an invited user, or one who forgot a password, chooses a new one. The token
// stands behind the hash, so that no log of a server or proxy has it.
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useNavigate } from 'react-router';
import { postJson, putJson } from '../../api/client.ts';
import { toProblem } from '../../api/problem.ts';
import { useText } from '../../i18n/use-text.ts';
import { LabelledBox, SessionCard, SessionProblem } from './SessionCard.tsx';

interface Holder {
  company: string;
  user: string;
  purpose?: 'invitation' | 'reset';
}

export default function WelcomePage() {
  const { t } = useText();
  const navigate = useNavigate();
  const token = window.location.hash.slice(1);
  const [password, setPassword] = useState('');
  const holder = useQuery({
    queryKey: ['ticket', token],
    queryFn: () => postJson<Holder>('/session/ticket', { token }),
    retry: false,
  });
  const choose = useMutation({
    mutationFn: () => putJson<Holder>('/session/ticket', { token, password }),
    onSuccess: ({ company, user }) =>
      navigate(`/login?company=${encodeURIComponent(company)}&user=${encodeURIComponent(user)}`, { replace: true }),
  });
  const error = holder.error ?? choose.error;

  return (
    <SessionCard
      title={t(holder.data?.purpose === 'reset' ? 'session.resetTitle' : 'session.welcomeTitle')}
      onSubmit={() => { choose.mutate(); }}
    >
      {holder.data ? (
        <>
          <LabelledBox
            label={t('session.user')}
            name="username"
            value={`${holder.data.user} · ${holder.data.company}`}
            onChange={() => undefined}
            readOnly
          />
          <LabelledBox label={t('session.newPassword')} name="new-password" value={password} onChange={setPassword} secret />
          <p className="login-hint">{t('session.passwordRule')}</p>
        </>
      ) : null}
      <SessionProblem problem={error ? toProblem(error) : undefined} />
      {holder.data ? (
        <button type="submit" className="main-button" disabled={choose.isPending}>
          {t('session.choosePassword')}
        </button>
      ) : null}
    </SessionCard>
  );
}
