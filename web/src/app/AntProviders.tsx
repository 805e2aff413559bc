import { App as AntApp, ConfigProvider } from 'antd';
import zhCN from 'antd/locale/zh_CN';
import type { ReactNode } from 'react';
import { useText } from '../i18n/use-text.ts';
import { styleNonce } from './nonce.ts';
import { theme } from './theme.ts';

const nonce = styleNonce();
const csp = nonce === undefined ? {} : { nonce };

// Over <body> itself antd locks scrolling with a <style> that carries no nonce, which the policy
// refuses. Over another element it does not; and this page's body never scrolls.
function overlayHost(): HTMLElement {
  return document.getElementById('overlays') ?? document.body;
}

// Everything behind the login is drawn with antd; the login page is not, so that it is small.
// antd's own texts are English unless a locale is given, so English needs no file.
export function AntProviders({ children }: { children: ReactNode }) {
  const { locale } = useText();
  const texts = locale === 'zh-CN' ? { locale: zhCN } : {};
  return (
    <ConfigProvider csp={csp} theme={theme} button={{ autoInsertSpace: false }} getPopupContainer={overlayHost} {...texts}>
      <AntApp notification={{ placement: 'bottomRight', duration: 6 }}>{children}</AntApp>
    </ConfigProvider>
  );
}
