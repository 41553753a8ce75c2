//! Embeds the shipped rules, as `cargo xtask rules` made them.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    if let Err(problem) = embed() {
        // The only way to say something that cargo shows to a person.
        println!("cargo::error={problem}");
    }
}

fn embed() -> Result<(), String> {
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("cargo gave no OUT_DIR")?);
    println!("cargo::rerun-if-env-changed=BIJOTEL_RULES_DIR");
    let folder = rules_folder(&out)?;
    let manifest = folder.join("rules.json");
    println!("cargo::rerun-if-changed={}", manifest.display());
    let text = fs::read_to_string(&manifest).map_err(|error| {
        format!(
            "cannot read {}: {error}. The shipped rules are built first: run `cargo xtask rules`",
            manifest.display()
        )
    })?;
    let json: serde_json::Value = serde_json::from_str(&text).map_err(|e| e.to_string())?;
    let rules = json["rules"]
        .as_array()
        .ok_or("rules.json has no list of rules")?;
    let mut code = String::from("pub(crate) static EMBEDDED: &[(&str, ShippedRule)] = &[\n");
    for rule in rules {
        let field = |name: &str| {
            rule[name]
                .as_str()
                .ok_or_else(|| format!("rules.json: a rule has no {name}"))
        };
        let include = |file: &str| {
            let path = folder.join(file);
            println!("cargo::rerun-if-changed={}", path.display());
            format!("include_bytes!({path:?})")
        };
        let component = include(field("component")?);
        // A rule that needs a configuration is compiled when it has one.
        let precompiled = rule["precompiled"].as_str().map(include);
        let precompiled = precompiled.unwrap_or_else(|| "&[]".to_owned());
        write!(
            code,
            "    ({:?}, ShippedRule {{\n        component: {component},\n        \
             precompiled: {precompiled},\n    }}),\n",
            field("id")?
        )
        .map_err(|error| error.to_string())?;
    }
    code.push_str("];\n");
    fs::write(out.join("embedded.rs"), code).map_err(|error| error.to_string())
}

/// `rules` in cargo's target folder: `OUT_DIR` is `TARGET/PROFILE/build/CRATE-HASH/out`.
fn rules_folder(out: &Path) -> Result<PathBuf, String> {
    if let Some(folder) = env::var_os("BIJOTEL_RULES_DIR") {
        return Ok(PathBuf::from(folder));
    }
    let target = out
        .ancestors()
        .nth(4)
        .ok_or("OUT_DIR is not inside a target folder")?;
    Ok(target.join("rules"))
}
