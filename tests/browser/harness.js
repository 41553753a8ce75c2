// The page in a real Chromium, with everything watched that it could do behind one's back.

import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";
import path from "node:path";

import { chromium } from "playwright-core";

const here = path.dirname(fileURLToPath(import.meta.url));

/** The repository. */
export const root = path.join(here, "../..");

/** The vectors of the Python tool. */
export const vectors = path.join(root, "tests/vectors/bijotel");

/** The secret under which the vectors were sealed. */
export const secret = JSON.parse(readFileSync(path.join(vectors, "manifest.json"), "utf8")).secret_hex;

/** The public key of the one who signed them. */
export const signerPublic = readFileSync(path.join(vectors, "keys/signer_public.pem"), "utf8");

const targetFolder = path.resolve(root, process.env.CARGO_TARGET_DIR ?? "target");

/** The built page; `cargo xtask verifier` builds it. */
export const pageFile = path.join(targetFolder, "verifier/bijotel-verifier.html");

/** A browser; close it after use. */
export async function launch() {
  if (!existsSync(pageFile)) {
    throw new Error("the page is not built: run `cargo xtask verifier` first");
  }
  return chromium.launch({
    executablePath: chromiumPath(),
    // The last four keep the browser itself from using the network.
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}

function chromiumPath() {
  const folders = (process.env.PATH ?? "").split(path.delimiter);
  const names = ["chromium", "chromium-browser", "google-chrome"];
  const paths = folders.flatMap((folder) => names.map((name) => path.join(folder, name)));
  const found = paths.find((file) => existsSync(file));
  if (!found) {
    throw new Error("there is no Chromium on the PATH: install the package chromium");
  }
  return found;
}

/**
 * Opens the page and watches it. `requests` are the addresses asked for, `violations` what the
 * content security policy stopped, `errors` what scripts failed with.
 */
export async function open(browser, { url = pathToFileURL(pageFile).href, ...options } = {}) {
  const context = await browser.newContext({ acceptDownloads: true, ...options });
  const page = await context.newPage();
  const watched = { requests: [], violations: [], errors: [] };
  context.on("request", (request) => watched.requests.push(request.url()));
  page.on("pageerror", (error) => watched.errors.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") {
      watched.errors.push(message.text());
    }
  });
  await page.exposeFunction("tellViolation", (text) => watched.violations.push(text));
  await page.addInitScript(() => {
    document.addEventListener("securitypolicyviolation", (event) => {
      window.tellViolation(`${event.violatedDirective}: ${event.blockedURI}`);
    });
  });
  await page.goto(url);
  return { page, context, watched };
}

/** Gives the page a file and keys and waits for what comes of it. */
export async function verify(page, file, { secret = "", publicKey = "" } = {}) {
  await page.setInputFiles("#file", file);
  await page.fill("#secret", secret);
  await page.fill("#public-key", publicKey);
  await page.click("#verify");
  return outcome(page);
}

/** Waits for a verdict or a complaint. */
export async function outcome(page) {
  await page.waitForFunction(
    () =>
      document.getElementById("inputs").getAttribute("aria-busy") !== "true" &&
      (!document.getElementById("result").hidden ||
        [...document.querySelectorAll("#inputs .error")].some((error) => error.textContent)),
    undefined,
    { timeout: 120_000 },
  );
  return page.evaluate(() => {
    const text = (id) => document.getElementById(id).textContent;
    const shown = !document.getElementById("result").hidden;
    return {
      verdict: shown ? document.getElementById("verdict-box").dataset.verdict : null,
      headline: shown ? text("headline") : null,
      complaint: [...document.querySelectorAll("#inputs .error")].map((e) => e.textContent).join(""),
    };
  });
}
