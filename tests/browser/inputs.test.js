// Inputs that are wrong, and a verifier that stops: always a clear sentence, never a verdict.

import { readFileSync, writeFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { after, before, test } from "node:test";
import assert from "node:assert/strict";
import { launch, open, outcome, pageFile, secret, signerPublic, vectors, verify } from "./harness.js";

const clean = path.join(vectors, "exports/chain_0012.v1.json");
const folder = mkdtempSync(path.join(tmpdir(), "bijotel-verifier-"));

let browser;
let opened;
before(async () => {
  browser = await launch();
  opened = await open(browser);
});
after(async () => {
  await browser.close();
  rmSync(folder, { recursive: true });
});

const made = (text) => ({ name: "made.json", mimeType: "application/json", buffer: Buffer.from(text) });

for (const [what, text, words] of [
  ["an empty file", "", "the file is empty"],
  ["text that is no JSON", "hello", "does not start with '{'"],
  ["JSON that is no export", "{}", "Not a bijotel-chain-v1 file"],
  ["entries that are no list", '{"entries": {}}', "entries is not a list"],
  ["a file cut in the middle", readFileSync(clean, "utf8").slice(0, 9000), "ends in the middle"],
  ["bytes that are no text", "\u0000\u0001\u0002", "does not start with '{'"],
]) {
  test(`${what} is INVALID with its reason`, async () => {
    const result = await verify(opened.page, made(text), { secret });
    assert.equal(result.verdict, "INVALID");
    assert.ok(result.headline.includes(words), result.headline);
  });
}

test("a wrong secret is INVALID, and the page says that the key may be the wrong one", async () => {
  const result = await verify(opened.page, clean, { secret: "f".repeat(64) });
  assert.equal(result.verdict, "INVALID");
  assert.match(await opened.page.textContent("#proves"), /whether the key given here is the wrong one/);
});

const privateKey = readFileSync(path.join(vectors, "keys/signer_private.pem"), "utf8");
for (const [what, keys, words, focused] of [
  ["a short secret", { secret: "f".repeat(16) }, "at least 16 bytes", "secret"],
  ["a secret that is not hexadecimal", { secret: "zz" }, "not hexadecimal", "secret"],
  ["a key that is no PEM", { publicKey: "MCowBQYDK2VwAyEA" }, "-----BEGIN PUBLIC KEY-----", "public-key"],
  ["a private key", { publicKey: privateKey }, "This is a private key", "public-key"],
]) {
  test(`${what} is refused beside its input, without a verdict`, async () => {
    const result = await verify(opened.page, clean, keys);
    assert.equal(result.verdict, null);
    assert.ok(result.complaint.includes(words), result.complaint);
    assert.equal(await opened.page.evaluate(() => document.activeElement.id), focused);
    assert.equal(await opened.page.getAttribute(`#${focused}`, "aria-invalid"), "true");
  });
}

test("verifying without a file asks for one", async () => {
  const { page, context } = await open(browser);
  await page.click("#verify");
  assert.equal((await outcome(page)).complaint, "Choose the export to verify.");
  await context.close();
});

test("keys can be read from files", async () => {
  const { page, context } = await open(browser);
  await page.setInputFiles("#secret-file", {
    name: "chain.key",
    mimeType: "text/plain",
    buffer: Buffer.from(`${secret}\n`),
  });
  await page.setInputFiles("#public-key-file", path.join(vectors, "keys/signer_public.pem"));
  await page.waitForFunction(() => document.getElementById("secret").value !== "");
  await page.setInputFiles("#file", path.join(vectors, "exports/chain_0012.v2.json"));
  assert.equal(await page.inputValue("#public-key"), signerPublic.trim());
  await page.click("#verify");
  assert.equal((await outcome(page)).headline, "Export VALID — HMAC chain + Ed25519 signature both verified.");
  await context.close();
});

test("a dropped file is chosen", async () => {
  const { page, context } = await open(browser);
  const transfer = await page.evaluateHandle((text) => {
    const data = new DataTransfer();
    data.items.add(new File([text], "dropped.json"));
    return data;
  }, readFileSync(clean, "utf8"));
  await page.dispatchEvent("#drop", "drop", { dataTransfer: transfer });
  assert.match(await page.textContent("#file-name"), /^dropped\.json, 17\.4 KB$/);
  await page.click("#verify");
  assert.equal((await outcome(page)).verdict, "INCOMPLETE");
  await context.close();
});

test("a file that changed after it was chosen is not judged", async () => {
  const { page, context } = await open(browser);
  const file = path.join(folder, "changing.json");
  writeFileSync(file, readFileSync(clean));
  await page.setInputFiles("#file", file);
  writeFileSync(file, readFileSync(clean, "utf8").replace("chain", "chess"));
  await page.click("#verify");
  const result = await outcome(page);
  assert.equal(result.verdict, null);
  assert.match(result.complaint, /The file could not be read: NotReadableError/);
  await context.close();
});

test("a worker that stops is reported, and the next verification gets a new one", async () => {
  const html = readFileSync(pageFile, "utf8").replace(
    "text = session.verify(secret, publicKey);",
    'if (!secret) throw new WebAssembly.RuntimeError("unreachable");\n$&',
  );
  const { page, context } = await open(browser, { url: altered("crash.html", html) });
  const result = await verify(page, clean);
  assert.equal(result.verdict, null);
  assert.match(result.complaint, /The verification stopped and there is no verdict: RuntimeError/);
  assert.equal((await verify(page, clean, { secret })).verdict, "VALID");
  await context.close();
});

test("a damaged page says so instead of verifying", async () => {
  const html = readFileSync(pageFile, "utf8").replace(/(id="wasm">.{2000}).{40}/, "$1");
  const { page, context } = await open(browser, { url: altered("damaged.html", html) });
  const result = await verify(page, clean, { secret });
  assert.equal(result.verdict, null);
  assert.match(result.complaint, /The verification stopped and there is no verdict/);
  await context.close();
});

test("nothing of this made a script fail or broke the policy", () => {
  assert.deepEqual(opened.watched.errors, []);
  assert.deepEqual(opened.watched.violations, []);
});

function altered(name, html) {
  const file = path.join(folder, name);
  writeFileSync(file, html);
  return pathToFileURL(file).href;
}
