//! What an expression may stand for.

/// A name that stands for more different things than this stands for anything.
pub(super) const MAX_VALUES: usize = 24;

/// The same for modules and what is in them.
pub(super) const MAX_PATHS: usize = 256;

/// Strings put together from pub(super) constants are followed up to this length.
pub(super) const MAX_TEXT: usize = 4096;

/// What an expression stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    /// A module or something in it, with dots.
    Path(String),
    /// A string.
    Text(String),
    /// Something that is true or false.
    Truth(bool),
    /// A mapping in which `shell` is true.
    ShellOptions,
}

pub(super) fn is_true(value: &Value) -> bool {
    match value {
        Value::Truth(truth) => *truth,
        Value::Text(text) => !text.is_empty(),
        Value::Path(_) | Value::ShellOptions => false,
    }
}

/// A path in its one usual form.
pub(super) fn normal(path: &str) -> String {
    let plain = path
        .replace(".__dict__", "")
        .replace(".__call__", "")
        .replace("sys.modules.", "");
    let plain = plain
        .replace("__builtins__", "builtins")
        .replace("__builtin__", "builtins");
    match plain.split_once('.') {
        Some(("posix" | "nt", rest)) => format!("os.{rest}"),
        Some(("cPickle" | "_pickle", rest)) => format!("pickle.{rest}"),
        _ => plain,
    }
}

/// The member `name` of each path.
pub(super) fn members(values: &[Value], name: &str) -> Vec<Value> {
    let member = |value: &Value| match value {
        Value::Path(path) if path == "sys.modules" => Some(Value::Path(name.to_owned())),
        Value::Path(path) if path.len() + name.len() < MAX_TEXT => {
            Some(Value::Path(format!("{path}.{name}")))
        }
        _ => None,
    };
    values.iter().filter_map(member).collect()
}

pub(super) fn joined(left: &[Value], right: &[Value]) -> Vec<Value> {
    let (mut values, text) = (Vec::new(), |value: &Value| {
        if let Value::Text(text) = value {
            Some(text.clone())
        } else {
            None
        }
    });
    for start in left.iter().filter_map(text) {
        for end in right.iter().filter_map(text) {
            if values.len() < MAX_VALUES && start.len() + end.len() <= MAX_TEXT {
                values.push(Value::Text(format!("{start}{end}")));
            }
        }
    }
    values
}

/// The strings among some values.
pub(super) fn texts(values: &[Value]) -> impl Iterator<Item = &str> {
    values.iter().filter_map(|value| match value {
        Value::Text(text) => Some(text.as_str()),
        _ => None,
    })
}
