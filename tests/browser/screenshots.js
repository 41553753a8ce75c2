// `npm run screenshots`: pictures of the page for the eye, in verifier/screenshots beside the page.

import { mkdirSync } from "node:fs";
import path from "node:path";
import { launch, open, pageFile, secret, signerPublic, vectors, verify } from "./harness.js";

const folder = path.join(path.dirname(pageFile), "screenshots");
const looks = {
  light: { viewport: { width: 1200, height: 900 }, colorScheme: "light" },
  dark: { viewport: { width: 1200, height: 900 }, colorScheme: "dark" },
  narrow: { viewport: { width: 360, height: 740 }, colorScheme: "light" },
};
const results = {
  valid: ["exports/chain_0012.v1.json", { secret }],
  invalid: ["tampered_export/body_edit_seq5.json", { secret }],
  "many-broken": ["tampered_export/swap_entries_3_7.json", { secret }],
  incomplete: ["exports/chain_0012.v2.json", { publicKey: signerPublic }],
  unreadable: ["tampered_export/truncated_file.json", { secret }],
  refused: ["exports/chain_0012.v1.json", { secret: "00ff" }],
};

mkdirSync(folder, { recursive: true });
const browser = await launch();
for (const [look, options] of Object.entries(looks)) {
  const picture = (page, name, more) =>
    page.screenshot({ path: path.join(folder, `${look}-${name}.png`), ...more });
  for (const [name, [file, keys]] of Object.entries(results)) {
    const { page, context } = await open(browser, options);
    await verify(page, path.join(vectors, file), keys);
    await picture(page, name, { fullPage: true });
    if (name === "invalid") {
      await picture(page, "after-verifying");
      await page.click("#broken-open");
      await page.waitForSelector("dialog[open]");
      await picture(page, "entry");
      await page.locator("#body-text").scrollIntoViewIfNeeded();
      await picture(page, "entry-body");
      await page.keyboard.press("Escape");
      await page.emulateMedia({ media: "print" });
      await picture(page, "paper", { fullPage: true });
    }
    await context.close();
  }
}
await browser.close();
console.log(folder);
