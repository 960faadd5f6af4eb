import AxeBuilder from "@axe-core/playwright";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { expect } from "vitest";
import { BASE, CHROMIUM, emailOf, PASSWORDS, type Person } from "./stack";

/** Debian's Chromium, which also runs as root and calls nobody. */
export const launch = (): Promise<Browser> =>
  chromium.launch({
    executablePath: CHROMIUM,
    args: [
      "--headless",
      "--no-sandbox",
      "--disable-gpu",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });

/** What pages have complained about: nothing may be there at the end. A refused call of the API is no complaint. */
export const complaints: string[] = [];

/** Pages of one person, who shares nothing with others. */
export async function person(browser: Browser, options: Parameters<Browser["newContext"]>[0] = {}) {
  const context = await browser.newContext({ locale: "en-GB", viewport: { width: 1280, height: 900 }, ...options });
  context.setDefaultTimeout(20_000);
  return context;
}

/** A tab. */
export async function tab(context: BrowserContext, path = "/"): Promise<Page> {
  const page = await context.newPage();
  page.on("pageerror", (error) => complaints.push(`${page.url()}: ${error.message}`));
  page.on("console", (message) => {
    const text = message.text();
    if (message.type() === "error" && !text.startsWith("Failed to load resource")) complaints.push(text);
  });
  await page.goto(`${BASE}/console${path}`);
  return page;
}

/** A tab in which somebody has signed in. */
export async function signedIn(context: BrowserContext, who: Person, path = "/"): Promise<Page> {
  const page = await tab(context, path);
  await signIn(page, who);
  return page;
}

export async function signIn(page: Page, who: Person): Promise<void> {
  await page.locator("input[name=email]").fill(emailOf(who));
  await page.locator("input[name=password]").fill(PASSWORDS[who]);
  await page.locator("button[type=submit]").click();
  await page.getByRole("button", { name: /Demo|Profile|Профиль/ }).waitFor();
}

/** Opens another page of the console, as a link would: a reload would sign the person out. */
export async function go(page: Page, path: string): Promise<void> {
  await page.evaluate((to) => {
    history.pushState({}, "", to);
    dispatchEvent(new PopStateEvent("popstate"));
  }, `/console${path}`);
  await page.waitForLoadState("networkidle");
}

/** Nothing on the page keeps people with a screen reader or a keyboard from using it. */
export async function expectAccessible(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  const serious = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
  const found = serious.map(({ id, nodes }) => `${page.url()} ${id}: ${nodes.map(({ html }) => html).join("\n  ")}`);
  expect(found).toEqual([]);
}

/** The page is no wider than the screen. */
export async function expectNoSideScroll(page: Page): Promise<void> {
  const over = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  expect(over, page.url()).toBeLessThanOrEqual(0);
}
