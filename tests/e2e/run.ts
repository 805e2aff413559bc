// End-to-end check of the web application against a running server.
//
//   BASE_URL=http://127.0.0.1:8080 PLUGIN_MANIFEST=…/plugin.toml PLUGIN_COMPONENT=….wasm \
//   SCREENSHOT_DIR=/tmp/shots node tests/e2e/run.ts
//
// BASE_URL          the server, with the demo tenant and the crm plugin
// PLUGIN_MANIFEST,  a second plugin that the server does not have yet; without them the run fails,
// PLUGIN_COMPONENT  unless E2E_WITHOUT_PLUGIN=1 says that this is meant
// SCREENSHOT_DIR    where pictures go; none are taken without it
// CHROMIUM          the browser, /usr/bin/chromium unless given
// E2E_STORY         JSON that replaces parts of the story below, for another crm plugin
//
// Needs Node 22 and `npm ci` in web/. Exit code 0 only when every step passed.
import { existsSync } from 'node:fs';
import { runSteps } from './harness.ts';
import { firstDay, type Story } from './steps.ts';

const env = process.env;

function finish(reason: string): never {
  console.error(reason);
  console.log('0 passed, 1 failed');
  process.exit(1);
}

const baseUrl = env['BASE_URL'] ?? finish('BASE_URL is not set');
const manifest = env['PLUGIN_MANIFEST'];
const component = env['PLUGIN_COMPONENT'];
const browser = env['CHROMIUM'] ?? '/usr/bin/chromium';

if (!existsSync(browser)) finish(`no browser at ${browser}`);
for (const file of [manifest, component]) {
  if (file === undefined && env['E2E_WITHOUT_PLUGIN'] !== '1') finish('PLUGIN_MANIFEST and PLUGIN_COMPONENT are not set');
  if (file !== undefined && !existsSync(file)) finish(`no file ${file}`);
}
try {
  await fetch(baseUrl, { signal: AbortSignal.timeout(5_000) });
} catch {
  finish(`no server answers at ${baseUrl}`);
}

const name = `上海榫卯测试${String(Date.now())}有限公司`;
const story: Story = {
  city: '上海',
  name,
  values: { name, city: '上海' },
  normalised: { field: 'phone', typed: '138 0013 8000', stored: '13800138000' },
  rejected: { field: 'phone', typed: '不是电话' },
  manifest,
  component,
  ...(JSON.parse(env['E2E_STORY'] ?? '{}') as Partial<Story>),
};
const settings = { baseUrl, chromium: browser, screenshots: env['SCREENSHOT_DIR'] };
process.exitCode = (await runSteps(settings, firstDay(story))) === 0 ? 0 : 1;
