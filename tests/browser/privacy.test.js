// Nothing leaves the page: watched from a server, from the browser and from inside.

import { createServer } from "node:http";
import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import assert from "node:assert/strict";
import { launch, open, pageFile, root, secret, signerPublic, vectors, verify } from "./harness.js";

const file = path.join(vectors, "exports/chain_0012.v2.json");

let browser;
let server;
let url;
let asked = [];

before(async () => {
  browser = await launch();
  const page = readFileSync(pageFile);
  server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    response.writeHead(200, { "content-type": "text/html" }).end(page);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${server.address().port}/`;
});
after(async () => {
  await browser.close();
  server.close();
});

test("served over http, the page is the only thing that is asked for", async () => {
  asked = [];
  const { page, context, watched } = await open(browser, { url });
  const { verdict } = await verify(page, file, { secret, publicKey: signerPublic });
  assert.equal(verdict, "VALID");
  await page.click("#entry-rows button >> nth=0");
  await page.waitForSelector("dialog[open]");
  await context.close();
  assert.deepEqual(asked, ["GET /"]);
  assert.deepEqual(outside(watched.requests), [url]);
  assert.deepEqual(watched.violations, []);
  assert.deepEqual(watched.errors, []);
});

test("opened from a file, nothing at all is asked for", async () => {
  const { page, context, watched } = await open(browser);
  const { verdict } = await verify(page, file, { secret });
  assert.equal(verdict, "VALID");
  await context.close();
  assert.equal(outside(watched.requests).length, 1);
  assert.match(watched.requests[0], /^file:/);
  assert.deepEqual(watched.violations, []);
});

test("the policy forbids every connection, form, frame and foreign script", async () => {
  const html = readFileSync(pageFile, "utf8");
  const [, text] = html.match(/Content-Security-Policy" content="([^"]+)"/);
  const policy = Object.fromEntries(text.split("; ").map((line) => line.split(/ (.*)/)));
  for (const name of ["default-src", "connect-src", "form-action", "base-uri"]) {
    assert.equal(policy[name], "'none'", name);
  }
  assert.match(policy["script-src"], /^'sha256-[\w+/]{43}=' 'wasm-unsafe-eval'$/);
  assert.match(policy["style-src"], /^'sha256-[\w+/]{43}='$/);
  assert.equal(policy["worker-src"], "blob:");
  assert.equal(policy["img-src"], "data:");
});

test("the page names no folder of the machine it was built on", () => {
  const html = readFileSync(pageFile, "utf8");
  const [, base64] = html.match(/id="wasm">([^<]+)</);
  const built = html + Buffer.from(base64, "base64").toString("latin1");
  for (const folder of [homedir(), path.resolve(root), process.env.CARGO_HOME].filter(Boolean)) {
    assert.ok(!built.includes(`${folder}/`), folder);
  }
});

test("code that got into the page could not send anything", async () => {
  asked = [];
  const { page, context, watched } = await open(browser, { url });
  const attempts = await page.evaluate(async (there) => {
    const failed = (work) => Promise.resolve().then(work).then(() => "went through", () => "stopped");
    const image = new Promise((resolve, reject) => {
      const made = new Image();
      made.onload = resolve;
      made.onerror = reject;
      made.src = `${there}image`;
    });
    const script = document.createElement("script");
    script.textContent = "window.inline = true";
    document.body.append(script);
    const form = document.createElement("form");
    form.action = `${there}form`;
    document.body.append(form);
    form.submit();
    navigator.sendBeacon(`${there}beacon`, "x");
    return {
      fetch: await failed(() => fetch(`${there}fetch`)),
      image: await failed(() => image),
      eval: await failed(() => (0, eval)("1")),
      socket: await failed(() => {
        const socket = new WebSocket(there.replace("http", "ws"));
        return new Promise((resolve, reject) => {
          socket.onopen = resolve;
          socket.onerror = reject;
        });
      }),
      inline: String(window.inline),
    };
  }, url);
  await page.waitForTimeout(200);
  await context.close();
  assert.deepEqual(attempts, {
    fetch: "stopped",
    image: "stopped",
    eval: "stopped",
    socket: "stopped",
    inline: "undefined",
  });
  assert.deepEqual(asked, ["GET /"]);
  assert.ok(watched.violations.length >= 5);
});

test("the secret is gone from the page and stored nowhere", async () => {
  const { page, context } = await open(browser, { url });
  await verify(page, file, { secret });
  const left = await page.evaluate(async () => ({
    input: document.getElementById("secret").value,
    html: document.documentElement.outerHTML,
    local: Object.keys(localStorage).length + Object.keys(sessionStorage).length,
    databases: (await indexedDB.databases()).length,
    cookies: document.cookie,
  }));
  await context.close();
  assert.equal(left.input, "");
  assert.ok(!left.html.includes(secret));
  assert.equal(left.local + left.databases, 0);
  assert.equal(left.cookies, "");
});

test("what a file says is shown as text and never becomes part of the page", async () => {
  const { page, context, watched } = await open(browser);
  const text = readFileSync(path.join(vectors, "exports/chain_0012.v1.json"), "utf8");
  const hostile = text
    .replace('"anthropic.chat"', '"<img src=x onerror=alert(1)>"')
    .replace(/"created_at": "[^"]*"/, '"created_at": "<script>alert(1)</script>"');
  await verify(
    page,
    { name: "<b>name</b>.json", mimeType: "application/json", buffer: Buffer.from(hostile) },
    { secret },
  );
  assert.equal(await page.locator("main img, main script, main b").count(), 0);
  assert.match(await page.textContent("#entry-rows"), /<img src=x/);
  assert.deepEqual(watched.violations, []);
  await context.close();
});

/** All but the worker, which the page makes of its own text. */
function outside(requests) {
  return requests.filter((request) => !request.startsWith("blob:"));
}
