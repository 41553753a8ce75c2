//! Ways to objects that nobody handed out: by the classes above an object, by the globals of its
//! functions, by the frames that call.

use ruff_python_ast::{Expr, ExprAttribute};

use super::names::Names;
use super::value::texts;

/// Members that lead out whatever they are members of.
const ALWAYS: &[&str] = &["__globals__", "func_globals", "f_globals", "f_builtins"];

/// Members that lead to the classes above one.
const UPWARDS: &[&str] = &["__base__", "__bases__", "__mro__", "mro"];

/// Whether an expression reaches out. Only its last step is looked at: the steps before it are
/// expressions of their own.
pub(super) fn is_escape<'a>(expression: &'a Expr, names: &Names<'a>) -> bool {
    match expression {
        Expr::Attribute(attribute) => is_escaping_member(attribute),
        // `getattr(x, "__subclasses__")`
        Expr::Call(call) => {
            let is_getattr = matches!(&*call.func, Expr::Name(name) if name.id == "getattr");
            let Some(name) = call.arguments.args.get(1).filter(|_| is_getattr) else {
                return false;
            };
            let values = names.resolve(name);
            texts(&values).any(|name| ALWAYS.contains(&name) || name == "__subclasses__")
        }
        // `x.__class__.__mro__[1]`, `x.__dict__["__globals__"]`
        Expr::Subscript(subscript) => {
            let values = names.resolve(&subscript.slice);
            texts(&values).any(|name| ALWAYS.contains(&name) || name == "__subclasses__")
        }
        // `"{0.__init__.__globals__}".format(x)`
        Expr::StringLiteral(literal) => {
            let text = literal.value.to_str();
            text.contains('{') && (text.contains("__subclasses__") || text.contains(".__globals__"))
        }
        _ => false,
    }
}

fn is_escaping_member(attribute: &ExprAttribute) -> bool {
    let name = attribute.attr.as_str();
    if ALWAYS.contains(&name) {
        return true;
    }
    let owner = match &*attribute.value {
        Expr::Attribute(owner) => Some(owner.attr.as_str()),
        // `type(x).__base__`, and `x.__class__.__mro__[1].__subclasses__`.
        Expr::Call(call) => match &*call.func {
            Expr::Name(name) if name.id == "type" => Some("__class__"),
            _ => None,
        },
        _ => None,
    };
    match name {
        "__subclasses__" => match &*attribute.value {
            // A registry of the code's own classes asks for those of one class by its name.
            Expr::Name(name) => matches!(name.id.as_str(), "object" | "type"),
            Expr::Attribute(owner) => owner.attr.as_str().starts_with("__"),
            _ => true,
        },
        // `type(self).__mro__` is asked for by honest code.
        _ => UPWARDS.contains(&name) && owner == Some("__class__") && !is_own(&attribute.value),
    }
}

/// Whether this is the class of `self`.
fn is_own(owner: &Expr) -> bool {
    let object = match owner {
        Expr::Attribute(class) => Some(&*class.value),
        Expr::Call(call) => call.arguments.args.first(),
        _ => None,
    };
    matches!(object, Some(Expr::Name(name)) if name.id == "self" || name.id == "cls")
}
