import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { complaints, expectAccessible, expectNoSideScroll, go, launch, person, signedIn, signIn, tab } from "./browser";
import { BASE, call, emailOf, PASSWORDS, signInByApi } from "./stack";

let browser: Browser;

beforeAll(async () => {
  browser = await launch();
});

afterAll(async () => {
  await browser?.close();
  expect(complaints).toEqual([]);
});

/** Different for each run, so that the tests can be repeated on one stack. */
const run = Date.now().toString(36).toUpperCase();

const field = (page: Page, name: string | RegExp) => page.getByLabel(name).first();

describe("signing in", () => {
  test("wrong password is told, and a buyer is no member of staff", async () => {
    const context = await person(browser);
    const page = await tab(context);
    await page.locator("input[name=email]").fill(emailOf("support"));
    await page.locator("input[name=password]").fill("wrong-password");
    await page.locator("button[type=submit]").click();
    await page.getByText("e-mail address or the password is wrong").waitFor();
    await page.locator("input[name=email]").fill(emailOf("anna"));
    await page.locator("input[name=password]").fill(PASSWORDS.anna);
    await page.locator("button[type=submit]").click();
    await page.getByText("not one of staff").waitFor();
    await expectAccessible(page);
    await context.close();
  });

  test("a deep link leads to its page after signing in", async () => {
    const context = await person(browser);
    const page = await signedIn(context, "marketer", "/promotions/5/show");
    await page.getByText("AUTUMN30").waitFor();
    await context.close();
  });

  test("nothing of a session is kept on the disk", async () => {
    const context = await person(browser);
    const page = await signedIn(context, "marketer");
    const kept = await page.evaluate(() =>
      JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie]),
    );
    expect(kept).not.toMatch(/eyJ|refresh|token/i);
    await context.close();
  });

  test("a second tab takes the session over, and signing out ends it in both", async () => {
    const context = await person(browser);
    const first = await signedIn(context, "marketer");
    const second = await tab(context, "/tariffs");
    await second.getByRole("link", { name: "Премиум на месяц" }).waitFor();
    await first.getByRole("button", { name: /Demo Marketer/ }).click();
    await first.getByRole("menuitem", { name: "Logout" }).click();
    await first.locator("input[name=password]").waitFor();
    await second.locator("input[name=password]").waitFor();
    await context.close();
  });

  test("an ended session asks for the password and keeps the form", async () => {
    const context = await person(browser);
    const page = await signedIn(context, "marketer", "/campaigns/create");
    await field(page, /^Title/).fill(`Kept ${run}`);
    // From another device.
    await call(await signInByApi("marketer"), "POST", "/logout?scope=all");
    await page.getByRole("button", { name: "Save" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText("Sign in again").waitFor();
    await expectAccessible(page);
    await dialog.getByLabel(/Password/).fill(PASSWORDS.marketer);
    await dialog.getByRole("button", { name: "Sign in" }).click();
    // What was typed is saved.
    await page.getByText(`Kept ${run}`).first().waitFor();
    await page.getByText("Version 1").waitFor();
    await context.close();
  });
});

describe("offers", () => {
  test("a tariff and a promotion are made, with the price in view", async () => {
    const context = await person(browser);
    const page = await signedIn(context, "marketer", "/tariffs/create");
    await field(page, /^Title/).fill(`Pro ${run}`);
    await field(page, /^Price/).fill("499,5");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("RUB 499.50").waitFor();

    await go(page, "/promotions/create");
    await field(page, /^Title/).fill(`Launch ${run}`);
    await field(page, /^Percent off/).fill("20");
    await field(page, /^At most/).fill("80");
    await page.getByLabel(`Pro ${run}`).check();
    await page.getByRole("row", { name: new RegExp(`Pro ${run}.*419\\.50`) }).waitFor();
    await page.getByText("20% off, at most RUB 80").waitFor();
    await field(page, /^Code/).fill(`LAUNCH${run}`);
    await expectAccessible(page);
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("This is a draft").waitFor();
    await page.getByRole("link", { name: `LAUNCH${run}` }).waitFor();
    await page.getByRole("button", { name: "Activate" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Activate" }).click();
    await page.getByRole("button", { name: "Pause" }).waitFor();
    await page.getByText("Version 2").waitFor();
    await expectAccessible(page);
    await context.close();
  });

  test("what the API refuses stands beside its input", async () => {
    const context = await person(browser);
    const page = await signedIn(context, "marketer", "/promotions/create");
    await field(page, /^Percent off/).fill("200");
    await field(page, /^Code/).fill("№");
    await page.getByRole("button", { name: "Save" }).click();
    await page.locator("p", { hasText: "Enter a value: the field is required" }).waitFor();
    await page.locator("p", { hasText: "Use 1 to 10000 hundredths of a percent" }).waitFor();
    await page.locator("p", { hasText: "A promo code is 3 to 32 letters and digits" }).waitFor();
    await context.close();
  });

  test("two people change one thing: the second sees it and keeps both changes", async () => {
    const token = await signInByApi("marketer");
    const campaign = { title: `Shared ${run}`, total_limit: 10 };
    const { campaign_id } = await call<{ campaign_id: number }>(token, "POST", "/admin/campaigns", campaign);
    const context = await person(browser);
    const page = await signedIn(context, "marketer", `/campaigns/${campaign_id}`);
    await field(page, /^Limit of uses/).fill("20");
    await call(token, "PATCH", `/admin/campaigns/${campaign_id}`, { budget: "500.00" }, { "if-match": '"1"' });
    await page.getByRole("button", { name: "Save" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText("Somebody else has changed this").waitFor();
    await dialog.getByText("RUB 500").waitFor();
    await expectAccessible(page);
    await dialog.getByRole("button", { name: "Keep my changes on top" }).click();
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("Version 3").waitFor();
    const saved = await call(token, "GET", `/admin/campaigns/${campaign_id}`);
    expect(saved).toMatchObject({ total_limit: 20, budget: "500.00", version: 3 });
    await context.close();
  });

  test("a file fills a group, and its wrong lines are named", async () => {
    const context = await person(browser);
    const page = await signedIn(context, "marketer", "/groups/create");
    await field(page, /^Title/).fill(`Testers ${run}`);
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("Nobody is in this group yet").waitFor();
    const buffer = Buffer.from("email\nanna@demo.example\nnobody@demo.example\n");
    await page.locator("input[type=file]").setInputFiles({ name: "testers.csv", mimeType: "text/csv", buffer });
    await page.getByRole("button", { name: "Check the file" }).click();
    await page.getByText("The file would add 1").waitFor();
    await page.getByText("Line 3").waitFor();
    await page.getByRole("button", { name: "Upload" }).click();
    await page.getByText("Added 1, removed 0").waitFor();
    await expectAccessible(page);
    await context.close();
  });
});

describe("users", () => {
  test("a refusal is explained, with what would help for those who may", async () => {
    const anna = await signInByApi("anna");
    const refusal = await call<{ decision_id: string }>(anna, "POST", "/apply_promocode?promocode=PAUSED&tariff=1");
    for (const [who, remedies] of [
      ["marketer", 1],
      ["support", 0],
    ] as const) {
      const context = await person(browser);
      const page = await signedIn(context, who, `/decisions/${refusal.decision_id}/show`);
      await page.getByText("The promotion is active", { exact: true }).waitFor();
      await page.getByText("What helps: Resume the promotion").waitFor();
      expect(await page.getByRole("button", { name: /Resume the promotion/ }).count()).toBe(remedies);
      await page.getByRole("button", { name: /rules pass/ }).click();
      await page.getByText("The tariff is on sale").waitFor();
      await expectAccessible(page);

      await go(page, "/explain");
      await field(page, /E-mail or user ID/).fill("anna@demo.example");
      await field(page, /Promo code/).fill("summer");
      await page.getByRole("button", { name: "Explain" }).click();
      await page.getByText("does not pass", { exact: true }).waitFor();
      await page.getByText("The promotion has not ended").waitFor();
      await expectAccessible(page);
      await context.close();
    }
  });

  test("support applies a code for a user and cancels it", async () => {
    const context = await person(browser);
    const page = await signedIn(context, "support", "/users");
    await field(page, /E-mail or user ID/).fill("boris@demo.example");
    await page.getByRole("button", { name: "Find" }).click();
    await page.getByRole("link", { name: "Apply a code for the user" }).click();
    await field(page, /Promo code/).fill("MINUS100");
    await page.getByLabel("Tariff").selectOption({ label: "Базовый на месяц" });
    await field(page, /Reason/).fill("Could not apply it on the phone");
    await expectAccessible(page);
    await page.getByRole("button", { name: "Apply a code for the user" }).click();
    await page.getByText("RUB 199").waitFor();
    await page.getByText("Could not apply it on the phone").waitFor();
    await page.getByRole("button", { name: "Cancel" }).click();
    await field(page, /Reason/).fill("Does not need it");
    await page.getByRole("dialog").getByRole("button", { name: "Cancel the application" }).click();
    await page.getByText("by staff").waitFor();
    await context.close();
  });

  test("support gives a subscription, which the user's page shows", async () => {
    const context = await person(browser);
    const page = await signedIn(context, "support", "/users");
    await field(page, /E-mail or user ID/).fill("boris@demo.example");
    await page.getByRole("button", { name: "Find" }).click();
    await page.getByRole("button", { name: "Give a subscription" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel(/Reason/).fill("The service was down");
    await dialog.getByRole("button", { name: "Give" }).click();
    await page.getByText("given").first().waitFor();
    await expectAccessible(page);
    await context.close();
  });
});

describe("roles", () => {
  test("support sees no way to change offers, and is refused at their addresses", async () => {
    const context = await person(browser);
    const page = await signedIn(context, "support", "/promotions");
    await page.getByRole("link", { name: "Черновик" }).waitFor();
    expect(await page.getByRole("link", { name: "Create" }).count()).toBe(0);
    expect(await page.getByRole("menuitem", { name: "Accounts" }).count()).toBe(0);
    await go(page, "/promotions/create");
    await page.getByText("Access denied").waitFor();
    await go(page, "/accounts");
    await page.getByText("Access denied").waitFor();
    await context.close();
  });

  test("an administrator sees accounts and their changes", async () => {
    const context = await person(browser);
    const page = await signedIn(context, "admin", "/users");
    await field(page, /E-mail or user ID/).fill("anna@demo.example");
    await page.getByRole("button", { name: "Find" }).click();
    await page.getByRole("button", { name: "Block" }).waitFor();
    await page.getByRole("menuitem", { name: "Accounts" }).click();
    await page.getByText("looked up").first().waitFor();
    await expectAccessible(page);
    await context.close();
  });
});

/** Every page that has no item in its address. */
const PAGES = [
  "/users",
  "/explain",
  "/decisions",
  "/applications",
  "/applications/create",
  "/purchases",
  "/promotions",
  "/promotions/create",
  "/promotions/5/show",
  "/promotions/5",
  "/promocodes",
  "/promocodes/create",
  "/promocodes/5/show",
  "/campaigns",
  "/campaigns/1/show",
  "/tariffs",
  "/tariffs/1/show",
  "/groups",
  "/audit",
  "/accounts",
];

describe("manners", () => {
  test.each([
    ["en-GB", "light", 1280],
    ["ru-RU", "dark", 390],
  ] as const)("every page in %s, %s, %i wide", { timeout: 240_000 }, async (locale, colorScheme, width) => {
    const context = await person(browser, { locale, colorScheme, viewport: { width, height: 800 } });
    const page = await signedIn(context, "admin");
    for (const path of PAGES) {
      await go(page, path);
      await expectNoSideScroll(page);
      await expectAccessible(page);
      const text = await page.locator("body").textContent();
      // A text without a translation is its key.
      expect(text, path).not.toMatch(/\b(console|resources|ra)\.[a-z_]+\./);
    }
    await context.close();
  });

  test("the language can be changed, also of what the API says", async () => {
    const context = await person(browser);
    const page = await signedIn(context, "marketer", "/tariffs");
    await page.getByRole("button", { name: "Русский" }).click();
    await page.getByRole("menuitem", { name: "Промоакции" }).click();
    await page.getByRole("cell", { name: "скидка 30 %", exact: true }).waitFor();
    expect(await page.locator("html").getAttribute("lang")).toBe("ru");
    await context.close();
  });

  test("a form is filled in by the keyboard alone", async () => {
    const context = await person(browser);
    const page = await signedIn(context, "marketer", "/groups/create");
    await field(page, /^Title/).waitFor();
    await page.keyboard.type(`Keyboard ${run}`);
    await page.keyboard.press("Enter");
    await page.getByText("Nobody is in this group yet").waitFor();
    await context.close();
  });
});

describe("files", () => {
  test("they come with a strict policy, compressed, and for good where their names have a hash", async () => {
    const first = await fetch(`${BASE}/console/promotions/5/show`);
    const html = await first.text();
    const policy = first.headers.get("content-security-policy");
    expect(policy).toContain("script-src 'self';");
    expect(policy).not.toContain("unsafe");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(first.headers.get("cache-control")).toBe("no-cache");
    const script = /src="(\/console\/assets\/[^"]+\.js)"/.exec(html)?.[1];
    const answer = await fetch(BASE + script, { headers: { "accept-encoding": "gzip" } });
    expect(answer.headers.get("content-encoding")).toBe("gzip");
    expect(answer.headers.get("cache-control")).toContain("immutable");
    expect((await fetch(`${BASE}/console/assets/none.js`)).status).toBe(404);
  });

  test("signing in takes less than 400 KB, the frame and the first list included less than 450 KB", async () => {
    const context = await person(browser);
    const page = await context.newPage();
    let bytes = 0;
    page.on("response", (response) => {
      bytes += Number(response.headers()["content-length"] ?? 0);
    });
    await page.goto(`${BASE}/console/`);
    await page.waitForLoadState("networkidle");
    expect(bytes).toBeGreaterThan(100_000);
    expect(bytes).toBeLessThan(400_000);
    await signIn(page, "marketer");
    await page.waitForLoadState("networkidle");
    expect(bytes).toBeLessThan(450_000);
    await context.close();
  });
});
