//! The reference part of `docs/contract.md`, made from `wit/policy.wit`.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use wit_parser::{Function, Resolve, Type, TypeDef, TypeDefKind};

/// Everything below this line of the page is generated.
const MARK: &str = "<!-- generated from wit/policy.wit by `cargo xtask contract` -->\n";

/// Writes the reference part anew.
pub fn write(root: &Path) -> Result<()> {
    let file = page(root);
    std::fs::write(&file, current(root)?).with_context(|| format!("write {}", file.display()))
}

/// The page as it should be: what is written by hand, then the reference.
pub fn current(root: &Path) -> Result<String> {
    let file = page(root);
    let text =
        std::fs::read_to_string(&file).with_context(|| format!("read {}", file.display()))?;
    let (by_hand, _) = text
        .split_once(MARK)
        .with_context(|| format!("{} has no line {MARK}", file.display()))?;
    Ok(format!("{by_hand}{MARK}{}", reference(root)?))
}

fn page(root: &Path) -> std::path::PathBuf {
    root.join("docs/contract.md")
}

fn reference(root: &Path) -> Result<String> {
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_dir(root.join("wit"))?;
    let package = &resolve.packages[package];
    let mut page = format!("\n# Reference: `{}`\n", package.name);
    for (name, interface) in package.interfaces.iter().rev() {
        let interface = &resolve.interfaces[*interface];
        write!(page, "\n## Interface `{name}`\n")?;
        paragraph(&mut page, interface.docs.contents.as_deref());
        for function in interface.functions.values() {
            describe_function(&mut page, &resolve, function)?;
        }
        for (name, id) in &interface.types {
            let definition = &resolve.types[*id];
            // What is only taken over from another interface is described there.
            if !matches!(definition.kind, TypeDefKind::Type(_)) {
                describe_type(&mut page, &resolve, name, definition)?;
            }
        }
    }
    Ok(page)
}

fn describe_function(page: &mut String, resolve: &Resolve, function: &Function) -> Result<()> {
    let parameters: Vec<String> = (function.params.iter())
        .map(|parameter| format!("{}: {}", parameter.name, name_of(resolve, &parameter.ty)))
        .collect();
    let result = function
        .result
        .as_ref()
        .map(|result| format!(" -> {}", name_of(resolve, result)))
        .unwrap_or_default();
    write!(
        page,
        "\n### `{}: func({}){result}`\n",
        function.name,
        parameters.join(", ")
    )?;
    paragraph(page, function.docs.contents.as_deref());
    Ok(())
}

fn describe_type(
    page: &mut String,
    resolve: &Resolve,
    name: &str,
    definition: &TypeDef,
) -> Result<()> {
    type Row<'r> = (&'r str, String, Option<&'r str>);
    let (kind, rows): (&str, Vec<Row<'_>>) = match &definition.kind {
        TypeDefKind::Record(record) => {
            let rows = record.fields.iter().map(|field| {
                let docs = field.docs.contents.as_deref();
                (field.name.as_str(), name_of(resolve, &field.ty), docs)
            });
            ("record", rows.collect())
        }
        TypeDefKind::Variant(variant) => {
            let rows = variant.cases.iter().map(|case| {
                let carries = case.ty.as_ref().map(|ty| name_of(resolve, ty));
                let docs = case.docs.contents.as_deref();
                (case.name.as_str(), carries.unwrap_or_default(), docs)
            });
            ("variant", rows.collect())
        }
        TypeDefKind::Enum(cases) => {
            let rows = cases.cases.iter().map(|case| {
                let docs = case.docs.contents.as_deref();
                (case.name.as_str(), String::new(), docs)
            });
            ("enum", rows.collect())
        }
        other => anyhow::bail!("the page has no form for {name}, a {}", other.as_str()),
    };
    for (part, _, docs) in &rows {
        ensure!(docs.is_some(), "{part} of {name} has no comment");
    }
    write!(page, "\n### {kind} `{name}`\n")?;
    paragraph(page, definition.docs.contents.as_deref());
    let typed = rows.iter().any(|(_, ty, _)| !ty.is_empty());
    page.push_str(if typed {
        "\n| name | type | meaning |\n|---|---|---|\n"
    } else {
        "\n| name | meaning |\n|---|---|\n"
    });
    for (name, ty, docs) in rows {
        let docs = docs
            .unwrap_or_default()
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ");
        let docs = docs.replace('|', "\\|");
        match (typed, ty.is_empty()) {
            (true, true) => writeln!(page, "| `{name}` | | {docs} |")?,
            (true, false) => writeln!(page, "| `{name}` | `{ty}` | {docs} |")?,
            (false, _) => writeln!(page, "| `{name}` | {docs} |")?,
        }
    }
    Ok(())
}

/// A comment of the WIT file as one paragraph each.
fn paragraph(page: &mut String, docs: Option<&str>) {
    let Some(docs) = docs else { return };
    page.push('\n');
    page.push_str(docs.trim_end());
    page.push('\n');
}

fn name_of(resolve: &Resolve, ty: &Type) -> String {
    let Type::Id(id) = ty else {
        return match ty {
            Type::Bool => "bool",
            Type::U8 => "u8",
            Type::U16 => "u16",
            Type::U32 => "u32",
            Type::U64 => "u64",
            Type::S8 => "s8",
            Type::S16 => "s16",
            Type::S32 => "s32",
            Type::S64 => "s64",
            Type::F32 => "f32",
            Type::F64 => "f64",
            Type::Char => "char",
            _ => "string",
        }
        .to_owned();
    };
    let definition = &resolve.types[*id];
    if let Some(name) = &definition.name {
        return name.clone();
    }
    let optional = |ty: &Option<Type>| match ty {
        Some(ty) => name_of(resolve, ty),
        None => "_".to_owned(),
    };
    match &definition.kind {
        TypeDefKind::List(item) => format!("list<{}>", name_of(resolve, item)),
        TypeDefKind::Option(item) => format!("option<{}>", name_of(resolve, item)),
        TypeDefKind::Result(result) => {
            format!(
                "result<{}, {}>",
                optional(&result.ok),
                optional(&result.err)
            )
        }
        other => other.as_str().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_of_the_contract_is_that_of_the_wit_file() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let page = std::fs::read_to_string(root.join("docs/contract.md")).unwrap();
        assert_eq!(
            page,
            current(&root).unwrap(),
            "run `cargo xtask contract` to write the page anew"
        );
    }
}
