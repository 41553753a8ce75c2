// People: by keyboard alone, on a narrow screen, on paper, and through the list of entries.

import { readFileSync } from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import assert from "node:assert/strict";
import { launch, open, secret, vectors, verify } from "./harness.js";

const thousand = path.join(vectors, "exports/chain_1000.v1.json");
const broken = path.join(vectors, "tampered_export/body_edit_seq5.json");

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser.close());

test("a verification needs no mouse", async () => {
  const { page, context } = await open(browser);
  // Listening from the start: a browser without display opens no dialog until it is told of a listener.
  page.on("filechooser", (chooser) => chooser.setFiles(broken));
  const focused = () => page.evaluate(() => document.activeElement.id);
  await page.keyboard.press("Tab");
  assert.equal(await focused(), "file");
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => document.getElementById("file-name").textContent.startsWith("body_edit"));
  await page.keyboard.press("Tab");
  assert.equal(await focused(), "secret");
  await page.keyboard.type(secret);
  await page.keyboard.press("Enter");
  await page.waitForSelector("#result:not([hidden])");
  assert.equal(await focused(), "verdict");
  await page.keyboard.press("Tab");
  assert.equal(await focused(), "broken-open");
  await page.keyboard.press("Enter");
  await page.waitForSelector("dialog[open]");
  assert.equal(await page.textContent("#entry-title"), "Entry 5");
  await page.keyboard.press("Escape");
  await page.waitForSelector("dialog:not([open])", { state: "attached" });
  assert.equal(await focused(), "broken-open");
  await context.close();
});

test("where the focus is can be seen at every stop", async () => {
  const { page, context } = await open(browser);
  await verify(page, broken, { secret });
  await page.evaluate(() => document.activeElement.blur());
  const stops = new Set();
  for (let step = 0; step < 40; step += 1) {
    await page.keyboard.press("Tab");
    const stop = await page.evaluate(() => {
      const here = document.activeElement;
      const shown = [here, here.nextElementSibling, here.closest(".drop")].filter(Boolean);
      const outlined = shown.some((place) => getComputedStyle(place).outlineStyle !== "none");
      return here === document.body ? null : { name: here.id || here.textContent, outlined };
    });
    if (stop) {
      assert.ok(stop.outlined, `${stop.name} has no outline`);
      stops.add(stop.name);
    }
  }
  for (const id of ["file", "secret", "public-key", "verify", "save-report", "go-seq"]) {
    assert.ok(stops.has(id), `${id} cannot be reached`);
  }
  await context.close();
});

test("verdict and progress are announced", async () => {
  const { page, context } = await open(browser);
  const { headline } = await verify(page, broken, { secret });
  assert.equal(await page.getAttribute("#announcements", "aria-live"), "polite");
  assert.equal(await page.textContent("#announcements"), headline);
  await context.close();
});

test("entries can be paged through and found by sequence number", async () => {
  const { page, context } = await open(browser);
  await verify(page, thousand, { secret });
  const place = () => page.textContent("#page-place");
  assert.equal(await place(), "1 to 50 of 1,000");
  await page.click("#last-page");
  await page.waitForFunction(() => document.getElementById("page-place").textContent.startsWith("951"));
  assert.equal(await page.isDisabled("#next-page"), true);
  await page.fill("#go-seq", "512");
  await page.press("#go-seq", "Enter");
  await page.waitForFunction(() => document.getElementById("page-place").textContent.startsWith("501"));
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "512");
  await page.fill("#go-seq", "5000");
  await page.press("#go-seq", "Enter");
  await page.waitForFunction(() => document.getElementById("entries-error").textContent);
  assert.equal(await page.textContent("#entries-error"), "The file has no entry with seq 5000.");
  await context.close();
});

test("an entry shows its time in UTC to the nanosecond, its digests and its sealed body", async () => {
  const { page, context } = await open(browser);
  await verify(page, thousand, { secret });
  await page.click("#entry-rows button >> nth=0");
  await page.waitForSelector("dialog[open]");
  const text = await page.textContent("#entry-facts");
  assert.match(text, /Time2026-01-01 00:00:02\.863\d{6} UTC/);
  for (const name of ["canonical_hash", "prev_hash", "hmac_hash", "semantic_body_hash"]) {
    assert.match(text, new RegExp(`${name}[0-9a-f]{64}`));
  }
  const body = JSON.parse(await page.textContent("#body-text"));
  assert.equal(body.attributes["gen_ai.request.model"], "claude-haiku-4-5");
  await context.close();
});

test("the report and a sealed body can be saved", async () => {
  const { page, context, watched } = await open(browser);
  const { headline } = await verify(page, thousand, { secret });
  const report = await saved(page, "#save-report");
  assert.equal(report.name, "chain_1000.v1.verification.json");
  const { file, keys_given, result } = JSON.parse(report.text);
  assert.deepEqual(file, { name: "chain_1000.v1.json", bytes: 2030962 });
  assert.deepEqual(keys_given, { secret: true, publicKey: false });
  assert.equal(result.headline, headline);
  assert.ok(!report.text.includes(secret));
  await page.click("#entry-rows button >> nth=0");
  await page.waitForSelector("dialog[open]");
  const body = await saved(page, "#save-body");
  const { entries } = JSON.parse(readFileSync(thousand, "utf8"));
  assert.equal(Buffer.from(body.text).toString("base64"), entries[0].canonical_body_b64);
  assert.deepEqual(watched.violations, []);
  await context.close();
});

test("at 360 pixels nothing is wider than the screen", async () => {
  const { page, context } = await open(browser, { viewport: { width: 360, height: 740 } });
  await verify(page, broken, { secret });
  await page.click("#entry-rows button >> nth=4");
  await page.waitForSelector("dialog[open]");
  const widths = await page.evaluate(() => [
    document.documentElement.scrollWidth,
    document.getElementById("entry").scrollWidth,
  ]);
  assert.ok(widths[0] <= 360 && widths[1] <= 360, String(widths));
  await context.close();
});

test("on paper the verdict comes first, without the form", async () => {
  const { page, context } = await open(browser);
  await verify(page, broken, { secret });
  await page.emulateMedia({ media: "print" });
  assert.equal(await page.isVisible("#inputs"), false);
  assert.equal(await page.isVisible("#save-report"), false);
  assert.equal(await page.isVisible("#verdict"), true);
  assert.equal(await page.isVisible("#entry-rows"), true);
  await context.close();
});

for (const colorScheme of ["light", "dark"]) {
  test(`text has a contrast of at least 4.5 in the ${colorScheme} scheme`, async () => {
    const { page, context } = await open(browser, { colorScheme });
    await verify(page, broken, { secret });
    const low = await page.evaluate(lowContrasts);
    assert.deepEqual(low, []);
    await context.close();
  });
}

/** Runs in the page: every text whose contrast with what is behind it is below 4.5 (WCAG 2.2, 1.4.3). */
function lowContrasts() {
  const parse = (color) => (color.match(/[\d.]+/g) ?? []).map(Number);
  const luminance = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map((part) => {
      const value = part / 255;
      return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const behind = (place) => {
    for (let here = place; here; here = here.parentElement) {
      const color = parse(getComputedStyle(here).backgroundColor);
      if (color.length === 3 || color[3] === 1) {
        return color;
      }
    }
    return [255, 255, 255];
  };
  const found = [];
  for (const place of document.querySelectorAll("body *")) {
    const own = [...place.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    if (!own || !place.checkVisibility() || place.matches(":disabled")) {
      continue;
    }
    const [a, b] = [luminance(parse(getComputedStyle(place).color)), luminance(behind(place))];
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (contrast < 4.5) {
      found.push(`${place.textContent.trim().slice(0, 40)}: ${contrast.toFixed(2)}`);
    }
  }
  return found;
}

async function saved(page, button) {
  const [download] = await Promise.all([page.waitForEvent("download"), page.click(button)]);
  return { name: download.suggestedFilename(), text: readFileSync(await download.path(), "utf8") };
}
