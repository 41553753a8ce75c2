// Runs in a worker: reads the file and verifies it, so that the page stays responsive.
//
// The wasm-bindgen glue stands before this text in the same worker. Messages in: `start` with the
// compiled module, `verify`, and the questions `page`, `entry`, `body` and `find` about the last
// verified file. Every message has an `id`, which its answer carries back.

"use strict";

const PROGRESS_MS = 80;

/**
 * How much of the file is read at once. A slice costs a trip to the browser's file process of a few
 * milliseconds, whatever its size.
 */
const SLICE_BYTES = 8 * 1024 * 1024;

/** A chosen file as the Rust side reads it: in small pieces, taken from one slice that is held. */
class ChosenFile {
  #blob;
  #reader = new FileReaderSync();
  #slice = new Uint8Array(0);
  #start = 0;
  #entries = 0;
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
    if (offset < this.#start || offset >= this.#start + this.#slice.length) {
      this.#load(offset);
    }
    const from = offset - this.#start;
    const piece = this.#slice.subarray(from, from + into.length);
    into.set(piece);
    return piece.length;
  }

  progress(bytes, entries) {
    this.#entries = entries;
    const now = performance.now();
    if (now - this.#reported >= PROGRESS_MS || bytes === this.size) {
      this.#reported = now;
      this.#report(bytes, entries);
    }
  }

  #load(offset) {
    // An entry can be longer than a slice: then only this tells how far the reading has come.
    this.progress(offset, this.#entries);
    const slice = this.#blob.slice(offset, offset + SLICE_BYTES);
    try {
      this.#slice = new Uint8Array(this.#reader.readAsArrayBuffer(slice));
    } catch (error) {
      throw error.name; // A text: the Rust side puts it into its sentence.
    }
    this.#start = offset;
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
