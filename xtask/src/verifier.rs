//! `cargo xtask verifier`: builds the browser verifier as one HTML file that needs nothing else.
//!
//! The wasm stands in the page as base64, the scripts and the style stand inline, and the content
//! security policy names each of them by its digest, so the page can load nothing and send nothing.
//! The same sources give the same bytes: no optimiser is used that may be there or not.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};
use wasm_bindgen_cli_support::Bindgen;

use crate::wasm_target::{self, TARGET};
use crate::workspace::{Workspace, cargo};

const CRATE: &str = "bijotel-verifier-web";

/// wasm-bindgen reads what instructions a module uses from a section that stripping removes; it
/// removes what is not needed by itself.
const KEEP_SECTIONS: &str = "profile.guest.strip=false";

/// The modules of the page, each after those that it imports from.
const MODULES: [&str; 6] = [
    "format.js",
    "client.js",
    "inputs.js",
    "report.js",
    "entries.js",
    "app.js",
];

/// Builds the page: `verifier/bijotel-verifier.html` in cargo's target folder.
pub(crate) fn run() -> Result<()> {
    let workspace = Workspace::load()?;
    let (glue, wasm) = bind(&compile(&workspace)?)?;
    let sources = workspace.workspace_root.join("verifier-web/page");
    let html = assemble(&sources, &glue, &wasm)?;
    let folder = workspace.target_directory.join("verifier");
    let page = folder.join("bijotel-verifier.html");
    fs::create_dir_all(&folder)
        .and_then(|()| fs::write(&page, &html))
        .with_context(|| format!("cannot write {}", page.display()))?;
    eprintln!("verifier: {} ({} KB)", page.display(), html.len() / 1000);
    Ok(())
}

fn compile(workspace: &Workspace) -> Result<PathBuf> {
    let mut command = cargo();
    if let Some(toolchain) = wasm_target::toolchain()? {
        // `CARGO` is the default toolchain's own binary; go through rustup instead.
        command = std::process::Command::new("cargo");
        command.env("RUSTUP_TOOLCHAIN", toolchain);
    }
    eprintln!("verifier: compiling {CRATE} for {TARGET}");
    let status = command
        .args(["build", "--quiet", "--profile", "guest", "--target", TARGET])
        .args(["--package", CRATE, "--lib"])
        .args([
            "--config",
            &wasm_target::rustflags(),
            "--config",
            KEEP_SECTIONS,
        ])
        .status()
        .context("cannot run cargo")?;
    ensure!(
        status.success(),
        "{CRATE} does not compile for {TARGET}; the messages above say why"
    );
    let file = format!("{TARGET}/guest/{}.wasm", CRATE.replace('-', "_"));
    Ok(workspace.target_directory.join(file))
}

/// The JavaScript that wasm-bindgen writes around the module, and the module itself.
fn bind(module: &Path) -> Result<(String, Vec<u8>)> {
    let mut output = Bindgen::new()
        .input_path(module)
        .no_modules(true)?
        .typescript(false)
        .omit_default_module_path(true)
        .remove_name_section(true)
        .remove_producers_section(true)
        .generate_output()
        .with_context(|| format!("writing bindings for {}", module.display()))?;
    Ok((output.js().to_owned(), output.wasm_mut().emit_wasm()))
}

fn assemble(sources: &Path, glue: &str, wasm: &[u8]) -> Result<String> {
    let read = |name: &str| {
        let path = sources.join(name);
        let text = fs::read_to_string(&path).with_context(|| format!("{}", path.display()))?;
        // The digests are of what the browser sees, and it turns every line end into a line feed.
        Ok::<_, anyhow::Error>(text.replace("\r\n", "\n"))
    };
    let style = read("style.css")?;
    let modules: Vec<String> = MODULES
        .iter()
        .map(|name| read(name))
        .collect::<Result<_, _>>()?;
    let script = bundle(&modules);
    let worker = format!("{glue}\n{}", read("worker.js")?);
    for text in [&style, &script, &worker] {
        ensure!(
            !text.contains("</s") && !text.contains("<!--"),
            "a script or style has text that would end it inside an HTML page"
        );
    }
    let policy = [
        "default-src 'none'".to_owned(),
        "connect-src 'none'".to_owned(),
        "form-action 'none'".to_owned(),
        "base-uri 'none'".to_owned(),
        format!("script-src '{}' 'wasm-unsafe-eval'", source_digest(&script)),
        format!("style-src '{}'", source_digest(&style)),
        "worker-src blob:".to_owned(),
        "img-src data:".to_owned(),
    ];
    let mut html = read("index.html")?;
    for (place, text) in [
        ("{{policy}}", policy.join("; ")),
        ("{{style}}", style),
        ("{{version}}", env!("CARGO_PKG_VERSION").to_owned()),
        ("{{worker}}", worker),
        ("{{wasm}}", STANDARD.encode(wasm)),
        ("{{script}}", script),
    ] {
        let Some((before, after)) = html.split_once(place) else {
            bail!("index.html has no place for {place}");
        };
        html = format!("{before}{text}{after}");
    }
    Ok(html)
}

/// The modules as one: without the lines that import, without the word that exports. Names at the top
/// of a module must therefore be unique in all of them; a browser refuses the page otherwise.
fn bundle(modules: &[String]) -> String {
    let lines = modules.iter().flat_map(|module| module.lines());
    let lines = lines.filter(|line| !line.starts_with("import "));
    let lines: Vec<&str> = lines
        .map(|line| line.strip_prefix("export ").unwrap_or(line))
        .collect();
    lines.join("\n")
}

/// A source expression of Content Security Policy Level 3, section 2.3.1.
fn source_digest(text: &str) -> String {
    format!(
        "sha256-{}",
        STANDARD.encode(Sha256::digest(text.as_bytes()))
    )
}
