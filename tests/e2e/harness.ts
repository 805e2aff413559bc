// Runs named steps one after another in one browser page and closes with `N passed, N failed`.
// A step that fails leaves a screenshot; later steps still run, so one run shows all that is wrong.
import { mkdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type * as Playwright from 'playwright-core';

// The browser driver is a development dependency of web/, whose lock pins it.
const fromWeb = createRequire(new URL('../../web/package.json', import.meta.url));
const { chromium } = fromWeb('playwright-core') as typeof Playwright;

const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-dev-shm-usage',
];
const stepTimeoutMs = 20_000;

export interface Settings {
  baseUrl: string;
  chromium: string;
  screenshots: string | undefined;
}

export interface Stage {
  page: Playwright.Page;
  settings: Settings;
  picture: (name: string) => Promise<void>;
}

export interface Step {
  name: string;
  run: (stage: Stage) => Promise<void>;
}

export function require(condition: boolean, what: string): asserts condition {
  if (!condition) throw new Error(what);
}

// What the page's own console says is evidence: a policy violation or a thrown error fails the run.
function watch(page: Playwright.Page, faults: string[]): void {
  page.on('pageerror', (error) => faults.push(`thrown in the page: ${error.message}`));
  page.on('console', (message) => {
    const text = message.text();
    const refusedRequest = text.startsWith('Failed to load resource');
    if (message.type() === 'error' && !refusedRequest) faults.push(`console: ${text.slice(0, 400)}`);
  });
}

export async function runSteps(settings: Settings, steps: readonly Step[]): Promise<number> {
  const browser = await chromium.launch({ executablePath: settings.chromium, headless: true, args: flags });
  let passed = 0;
  let failed = 0;
  try {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, locale: 'zh-CN' });
    const page = await context.newPage();
    page.setDefaultTimeout(stepTimeoutMs);
    const faults: string[] = [];
    watch(page, faults);
    const picture = async (name: string): Promise<void> => {
      if (settings.screenshots === undefined) return;
      await page.waitForTimeout(350);
      await mkdir(settings.screenshots, { recursive: true });
      await page.screenshot({ path: join(settings.screenshots, `${name}.png`) });
    };
    for (const step of steps) {
      try {
        await step.run({ page, settings, picture });
        const [fault] = faults.splice(0);
        if (fault !== undefined) throw new Error(fault);
        passed += 1;
        console.log(`ok    ${step.name}`);
      } catch (error) {
        failed += 1;
        faults.length = 0;
        const text = error instanceof Error ? error.message : String(error);
        console.log(`FAIL  ${step.name}\n      ${text.split('\n').slice(0, 6).join('\n      ')}`);
        await picture(`failed-${String(failed)}`).catch(() => undefined);
      }
    }
  } finally {
    await browser.close();
  }
  console.log(`${String(passed)} passed, ${String(failed)} failed`);
  return failed;
}
