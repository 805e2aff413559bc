// The path of a first day: enter the demo, look at customers, make one, change the language, and
// install a plugin that the application was never built with.
import { require, type Stage, type Step } from './harness.ts';

export interface Story {
  city: string;
  // Typed into the form's fields; the hook turns `normalised.typed` into `normalised.stored`.
  name: string;
  values: Readonly<Record<string, string>>;
  normalised: { field: string; typed: string; stored: string };
  rejected: { field: string; typed: string };
  manifest: string | undefined;
  component: string | undefined;
}

const rows = '[data-testid="row"]';
const menuLink = '.shell-sider a[href^="/p/"]';
const control = (field: string): string => `[data-field="${field}"] input, [data-field="${field}"] textarea`;

async function fill(stage: Stage, field: string, value: string): Promise<void> {
  await stage.page.locator('[role="dialog"]').locator(control(field)).first().fill(value);
}

async function save({ page }: Stage): Promise<void> {
  await page.getByTestId('save').click();
}

async function search({ page }: Stage, text: string): Promise<void> {
  const box = page.locator('input[data-testid="search"], [data-testid="search"] input').first();
  await box.fill(text);
  await box.press('Enter');
}

// Opens the list anew: every step stands on its own even when the one before it failed half way.
async function openCustomers(stage: Stage): Promise<void> {
  const { page, settings } = stage;
  if ((await page.locator('[role="dialog"]').count()) > 0 || !page.url().startsWith(settings.baseUrl)) {
    await page.goto(settings.baseUrl);
  }
  await page.locator(`${menuLink}[href$="/customers"]`).click();
  await page.locator(rows).first().waitFor();
}

async function openForm(stage: Stage, story: Story): Promise<void> {
  await openCustomers(stage);
  await stage.page.locator('[role="grid"]').focus().catch(() => undefined);
  await stage.page.getByTestId('new').click();
  await stage.page.locator('[role="dialog"]').locator(control(story.normalised.field)).first().waitFor();
}

export function firstDay(story: Story): Step[] {
  return [
    {
      name: 'the demo is entered with one click and says that it is one',
      async run({ page, settings, picture }) {
        await page.goto(settings.baseUrl);
        await page.getByRole('button', { name: '进入演示' }).waitFor();
        await picture('login-zh');
        await page.getByRole('button', { name: '进入演示' }).click();
        await page.getByTestId('demo-banner').waitFor();
      },
    },
    {
      name: 'the menu of the installed plugin shows 客户 and its list shows rows',
      async run(stage) {
        const { page } = stage;
        await page.locator(menuLink, { hasText: '客户' }).first().waitFor();
        await openCustomers(stage);
        require((await page.locator(rows).count()) >= 10, 'fewer than ten rows are shown');
        await page.waitForTimeout(300);
        await stage.picture('list-zh');
      },
    },
    {
      name: 'scrolling far keeps few rows in the page',
      async run(stage) {
        const { page } = stage;
        await openCustomers(stage);
        for (let i = 0; i < 12; i += 1) {
          await page.locator('[role="grid"]').evaluate((grid) => { grid.scrollTop += 3_000; });
          await page.locator(rows).first().waitFor();
        }
        const index = Number(await page.locator(rows).last().getAttribute('data-index'));
        require(index > 150, `only row ${String(index)} was reached`);
        require((await page.locator('.table-row').count()) <= 600, 'more than 600 rows are in the page');
      },
    },
    {
      name: 'a filter on the city leaves only that city and lives in the address',
      async run(stage) {
        const { page } = stage;
        await openCustomers(stage);
        await page.locator('input[data-testid="filter-city"], [data-testid="filter-city"] input').first().fill(story.city);
        await page.waitForURL((url) => decodeURIComponent(url.search).includes(story.city));
        const cells = page.locator(`${rows} [data-field="city"]`);
        await cells.first().waitFor();
        const cities = new Set(await cells.allTextContents());
        require(cities.size === 1 && cities.has(story.city), `cities shown: ${[...cities].join(', ')}`);
        await stage.picture('filter-zh');
        await page.getByTestId('clear-filters').click();
        await page.waitForURL((url) => !decodeURIComponent(url.search).includes(story.city));
      },
    },
    {
      name: 'the hook refuses a value and the error stands at its field',
      async run(stage) {
        const { page } = stage;
        await openForm(stage, story);
        const typed = { ...story.values, [story.rejected.field]: story.rejected.typed };
        for (const [field, value] of Object.entries(typed)) await fill(stage, field, value);
        await save(stage);
        await page.locator(`[data-field="${story.rejected.field}"] .ant-form-item-explain-error`).waitFor();
        await stage.picture('field-error-zh');
      },
    },
    {
      name: 'unsaved input comes back after a reload',
      async run(stage) {
        const { page } = stage;
        await page.reload();
        const box = page.locator('[role="dialog"]').locator(control(story.rejected.field)).first();
        await box.waitFor();
        require((await box.inputValue()) === story.rejected.typed, 'the draft was lost');
        await page.keyboard.press('Escape');
        await page.locator('[role="dialog"]').waitFor({ state: 'hidden' });
      },
    },
    {
      name: 'a new customer is stored as the hook normalises it',
      async run(stage) {
        const { page } = stage;
        await openForm(stage, story);
        const { field, typed, stored } = story.normalised;
        for (const [name, value] of Object.entries({ ...story.values, [field]: typed })) await fill(stage, name, value);
        await stage.picture('form-zh');
        await save(stage);
        await page.locator('[role="dialog"]').waitFor({ state: 'hidden' });
        await page.getByTestId(`adjusted-${field}`).waitFor();
        await stage.picture('saved-zh');
        await search(stage, story.name);
        await page.locator(rows, { hasText: story.name }).first().click();
        const box = page.locator('[role="dialog"]').locator(control(field)).first();
        await box.waitFor();
        require((await box.inputValue()) === stored, `stored as ${await box.inputValue()}, expected ${stored}`);
        await page.keyboard.press('Escape');
        await page.locator('[role="dialog"]').waitFor({ state: 'hidden' });
        await search(stage, '');
      },
    },
    {
      name: 'the screen switches to English and remembers it',
      async run(stage) {
        const { page } = stage;
        await openCustomers(stage);
        await page.getByTestId('language').click();
        await page.getByRole('button', { name: 'New', exact: false }).first().waitFor();
        await page.reload();
        await page.locator(rows).first().waitFor();
        require((await page.locator('html').getAttribute('lang')) === 'en', 'the language was forgotten');
        await page.waitForTimeout(300);
        await stage.picture('list-en');
        await page.getByTestId('new').click();
        await page.locator('[role="dialog"]').locator(control(story.normalised.field)).first().waitFor();
        await page.waitForTimeout(300);
        await stage.picture('form-en');
        await page.keyboard.press('Escape');
        await page.locator('[role="dialog"]').waitFor({ state: 'hidden' });
      },
    },
    ...(story.manifest !== undefined && story.component !== undefined
      ? installSteps(story.manifest, story.component)
      : []),
    {
      name: 'signing out leads to the login page',
      async run({ page, picture }) {
        await page.getByRole('button', { name: 'Sign out' }).click();
        await page.waitForURL(/\/login/);
        await page.getByRole('button', { name: 'Enter the demo' }).waitFor();
        await picture('login-en');
      },
    },
  ];
}

function installSteps(manifest: string, component: string): Step[] {
  let added: string | undefined;
  return [
    {
      name: 'a plugin that this build has never seen gets its menu entry without a reload',
      async run({ page, picture }) {
        await page.locator('.shell-sider a[href="/plugins"]').click();
        await page.getByTestId('plugins').waitFor();
        await page.evaluate(() => { document.title = 'not reloaded'; });
        const hrefs = () => page.locator(menuLink).evaluateAll((links) => links.map((link) => link.getAttribute('href')));
        const before = new Set(await hrefs());
        await page.getByTestId('manifest').setInputFiles(manifest);
        await page.getByTestId('component').setInputFiles(component);
        await picture('plugins-en');
        await page.getByTestId('upload').click();
        await page.waitForFunction(
          ([link, count]) => document.querySelectorAll(link).length > count,
          [menuLink, before.size] as const,
        );
        added = (await hrefs()).find((href) => !before.has(href)) ?? undefined;
        require(added !== undefined, 'no new menu entry');
        require((await page.title()) === 'not reloaded', 'the page was reloaded');
        await page.waitForTimeout(300);
        await picture('plugin-installed-en');
      },
    },
    {
      name: 'the new plugin has its list and its form',
      async run({ page, picture }) {
        require(added !== undefined, 'the plugin was not installed');
        await page.locator(`a[href="${added}"]`).click();
        await page.locator('[role="grid"]').waitFor();
        await page.getByTestId('new').click();
        const dialog = page.locator('[role="dialog"]');
        await dialog.locator('.ant-form-item').first().waitFor();
        require((await dialog.locator('.ant-form-item').count()) > 0, 'the form has no field');
        require((await page.title()) === 'not reloaded', 'the page was reloaded');
        await page.waitForTimeout(300);
        await picture('second-plugin-en');
        await page.keyboard.press('Escape');
        await dialog.waitFor({ state: 'hidden' });
      },
    },
  ];
}
