//! What an expression may stand for.

/// A name that stands for more different things than this stands for anything.
pub(super) const MAX_VALUES: usize = 32;

/// Strings put together from constants are followed up to this length.
pub(super) const MAX_TEXT: usize = 4096;

/// The object that holds the global names.
pub(super) const GLOBAL: &str = "globalThis";

/// Names of the global object.
const GLOBALS: &[&str] = &[
    "globalThis",
    "window",
    "self",
    "global",
    "top",
    "parent",
    "frames",
    "root",
];

/// Members that lead to the same thing, or call it.
const SAME: &[&str] = &[
    "call",
    "apply",
    "bind",
    "default",
    "promises",
    "__esModule",
    "valueOf",
];

/// What an expression stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    /// A global name, a module, or something in it, with dots.
    Path(String),
    /// A string.
    Text(String),
    /// Something that is true or false.
    Truth(bool),
    /// Some object or value; its constructor is a function.
    Object,
    /// A function; its constructor makes functions of strings. With the place of the code, if it is
    /// in the code.
    Function(Option<u32>),
}

impl Value {
    pub(super) fn path(path: &str) -> Self {
        Self::Path(path.to_owned())
    }
}

pub(super) fn is_global_object(name: &str) -> bool {
    GLOBALS.contains(&name)
}

/// The member `name` of a value.
pub(super) fn member(value: &Value, name: &str) -> Option<Value> {
    let path = match value {
        Value::Path(path) => path.as_str(),
        Value::Function(_) if name == "constructor" => return Some(Value::path("Function")),
        Value::Function(_) if SAME.contains(&name) => return Some(value.clone()),
        Value::Object | Value::Text(_) | Value::Truth(_) if name != "length" => {
            return Some(Value::Function(None));
        }
        _ => return None,
    };
    if SAME.contains(&name) {
        return Some(value.clone());
    }
    match (path, name) {
        (GLOBAL, _) if is_global_object(name) => Some(Value::path(GLOBAL)),
        (GLOBAL, _) => Some(Value::path(name)),
        ("module" | "require.main" | "process.mainModule", "require")
        | ("module.constructor" | "module", "_load" | "createRequire")
        | ("process", "getBuiltinModule") => Some(Value::path("require")),
        ("module", "constructor") => Some(Value::path("module")),
        ("Reflect" | "Object" | "JSON" | "Math", "constructor") => Some(Value::path("Function")),
        (_, "constructor") => Some(Value::path("Function")),
        ("process", "global") => Some(Value::path(GLOBAL)),
        ("document", "defaultView") => Some(Value::path(GLOBAL)),
        _ if path.len() + name.len() < MAX_TEXT => Some(Value::Path(format!("{path}.{name}"))),
        _ => None,
    }
}

pub(super) fn is_true(value: &Value) -> bool {
    match value {
        Value::Truth(truth) => *truth,
        Value::Text(text) => !text.is_empty(),
        Value::Object => true,
        Value::Path(_) | Value::Function(_) => false,
    }
}

/// The strings among some values.
pub(super) fn texts(values: &[Value]) -> impl Iterator<Item = &str> {
    values.iter().filter_map(|value| match value {
        Value::Text(text) => Some(text.as_str()),
        _ => None,
    })
}

/// Every string of the first values with every string of the second after it.
pub(super) fn joined(left: &[Value], right: &[Value]) -> Vec<Value> {
    let mut values = Vec::new();
    for start in texts(left) {
        for end in texts(right) {
            if values.len() < MAX_VALUES && start.len() + end.len() <= MAX_TEXT {
                values.push(Value::Text(format!("{start}{end}")));
            }
        }
    }
    values
}

/// The name of a module as it stands in a `require`.
pub(super) fn module(name: &str) -> String {
    let plain = name.strip_prefix("node:").unwrap_or(name);
    plain.trim_end_matches("/promises").to_owned()
}
