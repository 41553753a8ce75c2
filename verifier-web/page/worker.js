// Runs in a worker: reads the file and verifies it, so that the page stays responsive.
//
// The wasm-bindgen glue stands before this text in the same worker. Messages in: `start` with the
// compiled module, `verify`, and the questions `page`, `entry`, `body` and `find` about the last
// verified file. Every message has an `id`, which its answer carries back.

"use strict";

const PROGRESS_MS = 80;

/** A chosen file as the Rust side reads it. */
class ChosenFile {
  #blob;
  #reader = new FileReaderSync();
  #report;
  #reported = 0;

  constructor(blob, report) {
    this.#blob = blob;
    this.#report = report;
  }

  get size() {
    return this.#blob.size;
  }

  read(offset, into) {
    const slice = this.#blob.slice(offset, offset + into.length);
    let bytes;
    try {
      bytes = new Uint8Array(this.#reader.readAsArrayBuffer(slice));
    } catch (error) {
      throw error.name; // A text: the Rust side puts it into its sentence.
    }
    into.set(bytes);
    return bytes.length;
  }

  progress(bytes, entries) {
    const now = performance.now();
    if (now - this.#reported >= PROGRESS_MS || bytes === this.size) {
      this.#reported = now;
      this.#report(bytes, entries);
    }
  }
}

let session = null;

const handlers = {
  start({ module }) {
    wasm_bindgen.initSync({ module });
    return {};
  },

  verify({ id, file, secret, publicKey }) {
    session?.free();
    const report = (bytes, entries) => postMessage({ id, progress: { bytes, entries } });
    session = new wasm_bindgen.Session(new ChosenFile(file, report));
    const started = performance.now();
    let text;
    try {
      text = session.verify(secret, publicKey);
    } finally {
      secret?.fill(0);
    }
    return { text, milliseconds: performance.now() - started };
  },

  page: ({ page }) => ({ text: session.page(page) }),
  entry: ({ position }) => ({ text: session.entry(position) }),
  body: ({ position }) => ({ bytes: session.body(position) }),
  find: ({ seq }) => ({ position: session.find(seq) }),
};

onmessage = ({ data }) => {
  try {
    postMessage({ id: data.id, answer: handlers[data.type](data) });
  } catch (error) {
    // After a trap the module's memory is in an unknown state: the page starts a new worker.
    postMessage({ id: data.id, crashed: String(error) });
  }
};
