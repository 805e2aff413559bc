import { AppstoreAddOutlined, LogoutOutlined, MenuOutlined, UserOutlined } from '@ant-design/icons';
import { Button, Layout, Menu, type MenuProps } from 'antd';
import { Suspense, useState } from 'react';
import { Link, Outlet, useLocation } from 'react-router';
import { AntProviders } from '../../app/AntProviders.tsx';
import type { Menu as PluginMenu } from '../../api/types.ts';
import { useText } from '../../i18n/use-text.ts';
import { useMenu } from '../plugins/plugin-store.ts';
import { useEndViewing, useSession, useSignOut } from '../session/session.ts';
import { NamedIcon } from './icons.tsx';
import { LanguageSwitch } from './LanguageSwitch.tsx';
import { PageSkeleton } from './PageSkeleton.tsx';
import './layout.css';

export default function MainLayout() {
  return (
    <AntProviders>
      <Shell />
    </AntProviders>
  );
}

function Shell() {
  const { t } = useText();
  const session = useSession().data?.signedIn;
  const signOut = useSignOut();
  const endViewing = useEndViewing();
  const [narrow, setNarrow] = useState(false);
  const [folded, setFolded] = useState(false);
  const onBreakpoint = (isNarrow: boolean): void => {
    setNarrow(isNarrow);
    setFolded(isNarrow);
  };
  return (
    <Layout className="shell">
      <a className="skip" href="#content">
        {t('layout.skip')}
      </a>
      <Layout.Sider
        width={212}
        breakpoint="md"
        collapsedWidth={0}
        collapsed={folded}
        trigger={null}
        className="shell-sider"
        onBreakpoint={onBreakpoint}
        onClick={() => { setFolded(narrow); }}
      >
        <Link to="/" className="shell-brand">
          <img src="/favicon.svg" alt="" width={24} height={24} />
          <span>{t('app.name')}</span>
        </Link>
        <SideMenu />
      </Layout.Sider>
      <Layout>
        {session?.tenant.demo ? (
          <div className="shell-demo" role="note" data-testid="demo-banner">
            {t('session.demoBanner')}
          </div>
        ) : null}
        {session?.session?.read_only ? (
          <div className="shell-demo" role="note" data-testid="viewing-banner">
            {t('session.viewing', { name: session.user.name })}{' '}
            <Button size="small" onClick={() => { endViewing.mutate(); }}>
              {t('session.endViewing')}
            </Button>
          </div>
        ) : null}
        <Layout.Header className="shell-header">
          {narrow ? (
            <Button
              type="text"
              icon={<MenuOutlined />}
              aria-label={t('layout.openMenu')}
              aria-expanded={!folded}
              onClick={() => { setFolded(!folded); }}
            />
          ) : null}
          <strong>{session?.tenant.name}</strong>
          <span className="shell-spring" />
          <LanguageSwitch />
          <span className="shell-user">
            <UserOutlined /> {session?.user.name}
          </span>
          <Button
            type="text"
            size="small"
            icon={<LogoutOutlined />}
            aria-label={t('session.signOut')}
            title={t('session.signOut')}
            onClick={() => { signOut.mutate(); }}
          />
        </Layout.Header>
        <Layout.Content id="content" className="shell-content" tabIndex={-1}>
          <Suspense fallback={<PageSkeleton />}>
            <Outlet />
          </Suspense>
        </Layout.Content>
      </Layout>
    </Layout>
  );
}

function SideMenu() {
  const { t, say } = useText();
  const { pathname } = useLocation();
  const menu = useMenu();
  // The server refuses the others anyway; a page they cannot use only misleads.
  const mayInstall = useSession().data?.signedIn?.user.administrator !== false;
  if (menu.isPending) return <PageSkeleton />;
  const groups: PluginMenu['groups'] = menu.data?.groups ?? [];
  const platform = {
    key: 'group:platform',
    type: 'group' as const,
    label: t('layout.platform'),
    children: [{ key: '/plugins', icon: <AppstoreAddOutlined />, label: <Link to="/plugins">{t('plugins.title')}</Link> }],
  };
  const items: MenuProps['items'] = [
    ...groups.map((group) => ({
      key: `group:${group.id}`,
      type: 'group' as const,
      label: say(group.label),
      children: group.items.map((item) => ({
        key: `/p/${item.plugin}/${item.page}`,
        icon: <NamedIcon name={item.icon} />,
        label: <Link to={`/p/${item.plugin}/${item.page}`}>{say(item.label)}</Link>,
      })),
    })),
    ...(mayInstall ? [platform] : []),
  ];
  const selected = pathname.split('/').slice(0, 4).join('/');
  return (
    <nav aria-label={t('layout.menu')}>
      {groups.length === 0 ? <p className="shell-empty">{t('layout.emptyMenu')}</p> : null}
      <Menu mode="inline" items={items} selectedKeys={[selected]} />
    </nav>
  );
}
