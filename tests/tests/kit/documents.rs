//! The examples in the documents do what the documents say.

use std::path::Path;

use crate::folder::Folder;

/// The code blocks of a document that begin with this line.
pub(crate) fn blocks(document: &str, first_line: &str) -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../docs")
        .join(document);
    let text = std::fs::read_to_string(path).unwrap();
    let blocks = text.split("\n```").skip(1).step_by(2);
    let contents = blocks.filter_map(|block| block.split_once('\n'));
    contents
        .filter(|(_, content)| content.starts_with(first_line))
        .map(|(_, content)| content.to_owned())
        .collect()
}

#[test]
fn the_cases_in_the_document_pass() {
    let folder = Folder::new();
    let [cases] = blocks("rule-kit.md", "# cases.yaml").try_into().unwrap();
    folder.write("cases.yaml", cases);
    let ran = folder.run("rule test --json");
    assert_eq!(ran.exit, Some(0), "{ran:?}");
    assert_eq!(ran.json()["passed"], 2);
}
