import { useText } from '../../i18n/use-text.ts';
import { useSession } from '../session/session.ts';

export default function HomePage() {
  const { t } = useText();
  const session = useSession();
  return (
    <div className="panel-note">
      <h2>{t('home.welcome', { name: session.data?.signedIn?.user.name ?? '' })}</h2>
      <p>{t('home.text')}</p>
    </div>
  );
}
