import { DownOutlined } from '@ant-design/icons';
import { App, Button, Dropdown } from 'antd';
import { Suspense, useState } from 'react';
import type { Action } from '../../api/types.ts';
import { useText } from '../../i18n/use-text.ts';
import { plainText } from '../fields/format.ts';
import { lazyNamed } from '../fields/lazy-named.ts';

const ActionDialog = lazyNamed(() => import('./ActionDialog.tsx'), (module) => module.ActionDialog);

interface Props {
  plugin: string;
  actions: readonly Action[];
  onDone: () => void;
}

export default function ActionBar({ plugin, actions, onDone }: Props) {
  const { t, say } = useText();
  const { notification } = App.useApp();
  const [running, setRunning] = useState<Action>();
  const done = (action: Action, answer: unknown): void => {
    setRunning(undefined);
    notification.success({ title: t('action.done', { label: say(action.label) }), description: resultText(answer) });
    onDone();
  };
  return (
    <>
      <Dropdown
        trigger={['click']}
        menu={{
          items: actions.map((action) => ({ key: action.name, label: say(action.label) })),
          onClick: ({ key }) => { setRunning(actions.find((action) => action.name === key)); },
        }}
      >
        <Button data-testid="actions">
          {t('list.actions')} <DownOutlined />
        </Button>
      </Dropdown>
      {running ? (
        <Suspense>
          <ActionDialog
            plugin={plugin}
            action={running}
            onDone={(answer) => { done(running, answer); }}
            onCancel={() => { setRunning(undefined); }}
          />
        </Suspense>
      ) : null}
    </>
  );
}

function resultText(answer: unknown): string {
  if (typeof answer !== 'object' || answer === null) return plainText(answer as string | undefined);
  return Object.entries(answer)
    .map(([name, value]) => `${name}: ${plainText(value as string)}`)
    .join(' · ');
}
