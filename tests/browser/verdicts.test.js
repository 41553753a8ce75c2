// One verifier: for every vector and every set of keys the page says what the native code says.

import { readFileSync } from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import assert from "node:assert/strict";
import { launch, open, root, secret, signerPublic, vectors, verify } from "./harness.js";

const table = path.join(root, "tests/vectors/expected-export-verdicts.json");
const expected = JSON.parse(readFileSync(table, "utf8"));
const keys = {
  secret: { secret },
  "public key": { publicKey: signerPublic },
  "secret and public key": { secret, publicKey: signerPublic },
  none: {},
};

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser.close());

for (const name of Object.keys(keys)) {
  test(`with ${name}, every vector has the native verdict in the native words`, async () => {
    const { page, context, watched } = await open(browser);
    const rows = expected.filter((row) => row.keys === name);
    assert.ok(rows.length > 50);
    for (const row of rows) {
      const { verdict, headline } = await verify(page, path.join(vectors, row.file), keys[name]);
      assert.deepEqual({ verdict, headline }, { verdict: row.verdict, headline: row.headline }, row.file);
      assert.equal(await page.textContent("#verdict"), marked(row.verdict));
    }
    assert.deepEqual(watched.violations, []);
    assert.deepEqual(watched.errors, []);
    await context.close();
  });
}

test("a verdict is a word and a sign, never only a colour", async () => {
  const { page, context } = await open(browser);
  await verify(page, path.join(vectors, "tampered_export/body_edit_seq5.json"), { secret });
  const statuses = await page.locator("#check-list .status").allTextContents();
  assert.equal(statuses.length, 9);
  assert.ok(statuses.includes("✕Failed") && statuses.includes("✓Passed"));
  assert.equal(await page.locator("#entry-rows tr").nth(4).locator("td").last().textContent(), "✕Broken");
  await context.close();
});

test("the first broken entry stands with field, expected and found value", async () => {
  const { page, context } = await open(browser);
  await verify(page, path.join(vectors, "tampered_export/body_edit_seq5.json"), { secret });
  const text = await page.textContent("#broken");
  assert.match(text, /seq 5, number 5 in the file/);
  assert.match(text, /Fieldcanonical_body_b64/);
  assert.match(text, /Expected478f9009c0c03f85/);
  assert.match(text, /Found5901e178c1d56aa6/);
  await context.close();
});

test("with the public key alone the page says that nothing about the entries is proved", async () => {
  const { page, context } = await open(browser);
  const file = path.join(vectors, "tampered_export/v2_all_entries_forged_auditor.json");
  const { verdict } = await verify(page, file, { publicKey: signerPublic });
  assert.equal(verdict, "INCOMPLETE");
  assert.match(await page.textContent("#proves"), /It proves nothing about the entries/);
  await context.close();
});

test("with the secret the page says that its holder can forge", async () => {
  const { page, context } = await open(browser);
  await verify(page, path.join(vectors, "exports/chain_0012.v1.json"), { secret });
  assert.match(await page.textContent("#proves"), /It proves nothing against its holder/);
  await context.close();
});

function marked(verdict) {
  return { VALID: "✓", INVALID: "✕", INCOMPLETE: "◐" }[verdict] + verdict;
}
