//! Finds code in the arguments of a tool call.

use std::ops::Range;

use bijotel_rule_sdk::{JsonString, Unescaped};

use crate::snippet::{Language, Snippet, Trust};

/// Names of members that hold code.
const CODE_KEYS: &[&str] = &[
    "code",
    "command",
    "cmd",
    "commands",
    "script",
    "source",
    "program",
    "args",
    "argv",
    "command_line",
    "shell_command",
    "snippet",
    "input",
    "content",
    "file_text",
    "new_str",
    "expression",
    "cell",
    "query",
    "queries",
    "statement",
    "statements",
];

/// The code in the arguments. Ranges of the snippets are of the unescaped text.
pub(crate) fn find(tool: &str, arguments: &Unescaped) -> Vec<Snippet> {
    let of_tool = language_of(tool);
    let mut snippets = Vec::new();
    let mut command: Vec<JsonString<'_>> = Vec::new();
    for string in arguments.strings() {
        let of_key = language_of(string.key);
        let key = string.key.to_ascii_lowercase();
        if of_tool.is_none() && of_key.is_none() && !CODE_KEYS.contains(&key.as_str()) {
            continue;
        }
        // A tool for shell commands may take a Python file, and the other way round: what the key or
        // the tool says comes first, but only Python is ever sure.
        let language = match (of_key, of_tool) {
            (Some(Language::Unknown), Some(Language::Sql)) => Language::Sql,
            (of_key, of_tool) => of_key.or(of_tool).unwrap_or(Language::Unknown),
        };
        snippets.push(Snippet::new(
            arguments.text(),
            string.range.clone(),
            language,
            Trust::Code,
        ));
        if command.first().is_some_and(|first| first.key != string.key) {
            snippets.extend(joined(&command));
            command.clear();
        }
        command.push(string);
    }
    snippets.extend(joined(&command));
    snippets
}

/// A command given word by word: `["rm", "-rf", "/"]`.
fn joined(words: &[JsonString<'_>]) -> Option<Snippet> {
    let (first, last) = (words.first()?, words.last()?);
    if words.len() < 2 || words.len() > 64 {
        return None;
    }
    let code: Vec<String> = words.iter().map(|word| quoted(word.text)).collect();
    Some(Snippet::whole(
        code.join(" "),
        first.range.start..last.range.end,
        Language::Shell,
        Trust::Code,
    ))
}

/// A word as a shell would have to be given it.
fn quoted(word: &str) -> String {
    let is_plain = word
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"_-./=:+,@%".contains(&byte));
    // `~` and `*` mean something only if they are not quoted.
    if is_plain || matches!(word, "~" | "*" | "/*" | "~/" | "~/*") {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

/// What the name of a tool or a key says of the language.
fn language_of(name: &str) -> Option<Language> {
    let name = name.to_ascii_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| name.contains(word));
    let has_word = |words: &[&str]| {
        name.split(|character: char| !character.is_ascii_alphanumeric())
            .any(|part| words.contains(&part))
    };
    if has(&["javascript", "typescript", "nodejs", "node_js"])
        || has_word(&["js", "ts", "node", "deno", "bun"])
    {
        Some(Language::JavaScript)
    } else if has(&["sql", "database"]) || has_word(&["psql", "db"]) {
        Some(Language::Sql)
    } else if has_word(&["query", "queries", "statement", "statements"]) {
        // It may be SQL, or what somebody looks for.
        Some(Language::Unknown)
    } else if has(&["python", "jupyter", "notebook", "ipython", "repl"]) || has_word(&["py"]) {
        Some(Language::Python)
    } else if has(&["bash", "shell", "terminal", "powershell"])
        || has_word(&["sh", "zsh", "cmd", "command", "exec", "run"])
    {
        Some(Language::Shell)
    } else if has(&["code", "script", "execute"]) {
        Some(Language::Unknown)
    } else {
        None
    }
}

impl Snippet {
    /// Where all of the code stands for one range of the text.
    fn whole(code: String, range: Range<usize>, language: Language, trust: Trust) -> Self {
        let mut snippet = Self::new("", 0..0, language, trust);
        snippet.code = code;
        snippet.place = Some(range);
        snippet
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(tool: &str, arguments: &str) -> Vec<(Language, String)> {
        find(tool, &Unescaped::new(arguments))
            .into_iter()
            .map(|snippet| (snippet.language, snippet.code))
            .collect()
    }

    #[test]
    fn keys_and_tools_name_the_language() {
        assert_eq!(
            found("any", r#"{"command":"ls"}"#),
            [(Language::Shell, "ls".to_owned())]
        );
        assert_eq!(
            found("any", r#"{"python_code":"x\ny"}"#),
            [(Language::Python, "x\ny".to_owned())]
        );
        assert_eq!(
            found("any", r#"{"code":"x"}"#),
            [(Language::Unknown, "x".to_owned())]
        );
        assert_eq!(
            found("any", r#"{"sql":"x"}"#),
            [(Language::Sql, "x".to_owned())]
        );
        assert_eq!(
            found("run_js", r#"{"anything":"x"}"#),
            [(Language::JavaScript, "x".to_owned())]
        );
        assert_eq!(
            found("run_bash", r#"{"anything":"ls"}"#),
            [(Language::Shell, "ls".to_owned())]
        );
    }

    #[test]
    fn other_strings_are_no_code() {
        assert_eq!(found("send_mail", r#"{"to":"rm -rf /"}"#), []);
    }

    #[test]
    fn a_command_given_word_by_word_is_put_together() {
        let all = found("any", r#"{"cmd":["rm","-rf","/ home"]}"#);
        assert_eq!(
            all.last().unwrap(),
            &(Language::Shell, "rm -rf '/ home'".to_owned())
        );
    }
}
