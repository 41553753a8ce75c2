//! What a word of a command becomes: quotes taken away, known variables put in, braces expanded.
//!
//! What is not known stands as a sign of its own, so that a word with something unknown in it is
//! never taken for one without.

use shuck_ast::{
    BourneParameterExpansion, ParameterExpansionSyntax, ParameterOp, SourceText, VarRef, Word,
    WordPart, WordPartNode,
};

use super::walk::{Data, Script, Walk};

/// Something that is not known.
pub(super) const UNKNOWN: char = '\u{1}';

/// A place where the shell splits a word.
const SPLIT: char = '\u{2}';

/// Something that comes from the network.
pub(super) const FETCHED: char = '\u{3}';

/// Stands before a text that was decoded, whether it is known or not.
pub(super) const DECODED: char = '\u{5}';

/// Stands before the name of a stream that holds a known text (`<(echo …)`), and before the text.
pub(super) const STREAM: char = '\u{4}';

/// Longer values are not followed.
pub(super) const MAX_LENGTH: usize = 4 << 10;

/// A word that may become more words than this becomes something unknown.
const MAX_VARIANTS: usize = 32;

/// A text, as its signs tell what it is.
pub(super) fn data_of(text: &str) -> Data {
    if text.contains(FETCHED) {
        Data::Fetched
    } else if text.contains(DECODED) {
        Data::Decoded(text.replace([DECODED, STREAM], ""))
    } else {
        Data::Text(text.trim_start_matches(STREAM).to_owned())
    }
}

/// The output of a command, as a part of a word.
pub(super) fn marked(data: &Data) -> String {
    match data {
        Data::Unknown => UNKNOWN.to_string(),
        Data::Fetched => FETCHED.to_string(),
        Data::Decoded(text) => format!("{DECODED}{}", text.trim_end_matches('\n')),
        Data::Text(text) => text.trim_end_matches('\n').to_owned(),
    }
}

/// A word without what is unknown in it: an unset variable is nothing.
pub(super) fn known(word: &str) -> String {
    word.chars()
        .filter(|character| !matches!(*character, UNKNOWN | DECODED))
        .collect()
}

impl Walk {
    /// The words that a word of the source becomes. Commands in it are walked.
    pub(super) fn fields<'a>(&mut self, script: &mut Script<'a>, word: &'a Word) -> Vec<String> {
        let mut variants = vec![String::new()];
        for part in &word.parts {
            self.append(script, part, false, &mut variants);
        }
        if word.has_active_brace_expansion() {
            variants = variants
                .iter()
                .flat_map(|variant| braces(variant))
                .take(MAX_VARIANTS)
                .collect();
        }
        let is_quoted = word.has_quoted_parts();
        let fields = variants.iter().flat_map(|variant| variant.split(SPLIT));
        fields
            .filter(|field| is_quoted || !field.is_empty())
            .map(str::to_owned)
            .collect()
    }

    fn append<'a>(
        &mut self,
        script: &mut Script<'a>,
        part: &'a WordPartNode,
        quoted: bool,
        variants: &mut Vec<String>,
    ) {
        match &part.kind {
            WordPart::Literal(text) => {
                let text = unescape(text.as_str(script.source, part.span), quoted);
                extend(variants, &[text]);
            }
            WordPart::SingleQuoted { value, dollar } => {
                let value = value.slice(script.source);
                extend(
                    variants,
                    &[if *dollar {
                        ansi_c(value)
                    } else {
                        value.to_owned()
                    }],
                );
            }
            WordPart::DoubleQuoted { parts, .. } => {
                for part in parts {
                    self.append(script, part, true, variants);
                }
            }
            WordPart::Variable(name) => extend(variants, &self.value(name.as_str(), quoted)),
            WordPart::ArrayAccess(reference) => {
                extend(variants, &self.value(reference.name.as_str(), quoted));
            }
            WordPart::CommandSubstitution { body, .. } => {
                let data = self.sequence(script, body, &Data::Unknown);
                extend(variants, &[split(&marked(&data), quoted)]);
            }
            WordPart::ProcessSubstitution { body, .. } => {
                let text = match self.sequence(script, body, &Data::Unknown) {
                    Data::Text(text) => format!("{STREAM}{text}"),
                    other => marked(&other),
                };
                extend(variants, &[text]);
            }
            WordPart::Parameter(parameter) => {
                let values = match &parameter.syntax {
                    ParameterExpansionSyntax::Bourne(expansion) => {
                        self.parameter(script, expansion, quoted)
                    }
                    ParameterExpansionSyntax::Zsh(_) => unknown(),
                };
                extend(variants, &values);
            }
            WordPart::ParameterExpansion {
                reference,
                operator,
                operand_word_ast,
                ..
            } => {
                let values = self.operation(
                    script,
                    reference,
                    operator,
                    operand_word_ast.as_deref(),
                    quoted,
                );
                extend(variants, &values);
            }
            WordPart::Substring {
                reference,
                offset,
                length,
                ..
            } => {
                let values = self.slice(script, reference, offset, length.as_deref(), quoted);
                extend(variants, &values);
            }
            WordPart::ArithmeticExpansion {
                expression_word_ast,
                ..
            } => {
                self.fields(script, expression_word_ast);
                extend(variants, &unknown());
            }
            WordPart::IndirectExpansion { reference, .. } => {
                let name = self
                    .variables
                    .get(reference.name.as_str())
                    .and_then(|values| values.first().cloned());
                extend(
                    variants,
                    &name.map_or_else(unknown, |name| self.value(&name, quoted)),
                );
            }
            _ => extend(variants, &unknown()),
        }
    }

    fn parameter<'a>(
        &mut self,
        script: &mut Script<'a>,
        expansion: &'a BourneParameterExpansion,
        quoted: bool,
    ) -> Vec<String> {
        match expansion {
            BourneParameterExpansion::Access { reference } => {
                self.value(reference.name.as_str(), quoted)
            }
            BourneParameterExpansion::Operation {
                reference,
                operator,
                operand_word_ast,
                ..
            } => self.operation(
                script,
                reference,
                operator,
                operand_word_ast.as_deref(),
                quoted,
            ),
            BourneParameterExpansion::Slice {
                reference,
                offset,
                length,
                ..
            } => self.slice(script, reference, offset, length.as_ref(), quoted),
            BourneParameterExpansion::Indirect { reference, .. } => {
                let name = self
                    .variables
                    .get(reference.name.as_str())
                    .and_then(|values| values.first().cloned());
                name.map_or_else(unknown, |name| self.value(&name, quoted))
            }
            _ => unknown(),
        }
    }

    /// `${x:-word}` and its relatives.
    fn operation<'a>(
        &mut self,
        script: &mut Script<'a>,
        reference: &VarRef,
        operator: &ParameterOp,
        operand: Option<&'a Word>,
        quoted: bool,
    ) -> Vec<String> {
        let operand = operand
            .map(|word| self.fields(script, word))
            .filter(|fields| !fields.is_empty());
        let name = reference.name.as_str();
        let is_known = self.variables.contains_key(name) || name == "HOME";
        match operator {
            ParameterOp::UseDefault | ParameterOp::AssignDefault if !is_known => {
                operand.unwrap_or_else(unknown)
            }
            ParameterOp::UseReplacement if is_known => operand.unwrap_or_else(unknown),
            ParameterOp::UseDefault | ParameterOp::AssignDefault | ParameterOp::Error => {
                self.value(name, quoted)
            }
            ParameterOp::LowerAll => self
                .value(name, quoted)
                .iter()
                .map(|value| value.to_lowercase())
                .collect(),
            _ => unknown(),
        }
    }

    /// `${x:offset:length}` with numbers.
    fn slice(
        &self,
        script: &Script<'_>,
        reference: &VarRef,
        offset: &SourceText,
        length: Option<&SourceText>,
        quoted: bool,
    ) -> Vec<String> {
        let number = |text: &SourceText| text.slice(script.source).trim().parse::<usize>().ok();
        let (Some(offset), length) = (number(offset), length.and_then(number)) else {
            return unknown();
        };
        let name = reference.name.as_str();
        let values = match name {
            // Whatever they are, they begin with a slash.
            "HOME" | "PATH" | "PWD" if offset == 0 && length == Some(1) => {
                return vec!["/".to_owned()];
            }
            _ => self.value(name, quoted),
        };
        let cut = |value: &String| {
            let characters = value.chars().skip(offset);
            length.map_or_else(
                || characters.clone().collect(),
                |length| characters.clone().take(length).collect(),
            )
        };
        values.iter().map(cut).collect()
    }

    fn value(&self, name: &str, quoted: bool) -> Vec<String> {
        match self.variables.get(name) {
            Some(values) if !values.is_empty() => {
                values.iter().map(|value| split(value, quoted)).collect()
            }
            Some(_) => vec![String::new()],
            None => match name {
                "HOME" => vec!["$HOME".to_owned()],
                "IFS" => vec![split(" ", quoted)],
                _ => unknown(),
            },
        }
    }
}

fn unknown() -> Vec<String> {
    vec![UNKNOWN.to_string()]
}

/// Outside quotes a shell splits what it puts in at white space.
fn split(text: &str, quoted: bool) -> String {
    if quoted {
        text.to_owned()
    } else {
        text.replace(char::is_whitespace, &SPLIT.to_string())
    }
}

/// Puts every one of `values` after every variant.
fn extend(variants: &mut Vec<String>, values: &[String]) {
    let length = variants.iter().map(String::len).max().unwrap_or(0)
        + values.iter().map(String::len).max().unwrap_or(0);
    if variants.len() * values.len() > MAX_VARIANTS || length > MAX_LENGTH {
        variants
            .iter_mut()
            .for_each(|variant| variant.push(UNKNOWN));
        return;
    }
    *variants = variants
        .iter()
        .flat_map(|variant| values.iter().map(move |value| format!("{variant}{value}")))
        .collect();
}

/// A backslash outside quotes stands for the next character; inside double quotes only before some.
fn unescape(text: &str, quoted: bool) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        if character != '\\' {
            plain.push(character);
            continue;
        }
        match characters.next() {
            Some('\n') => {}
            Some(next) if quoted && !matches!(next, '$' | '`' | '"' | '\\') => {
                plain.extend(['\\', next]);
            }
            Some(next) => plain.push(next),
            None => plain.push('\\'),
        }
    }
    plain
}

/// `$'…'`: `\x72`, `\162`, `\u0072`, `\n`.
fn ansi_c(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        plain.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let (sign, digits, radix) = match rest.chars().next() {
            Some('x') => (1, 2, 16),
            Some('u') => (1, 4, 16),
            Some('U') => (1, 8, 16),
            Some('0'..='7') => (0, 3, 8),
            Some(sign) => {
                plain.push(match sign {
                    'n' => '\n',
                    't' => '\t',
                    'r' => '\r',
                    other => other,
                });
                rest = &rest[sign.len_utf8()..];
                continue;
            }
            None => break,
        };
        let count = rest[sign..]
            .chars()
            .take(digits)
            .take_while(|digit| digit.is_digit(radix))
            .count();
        let code = u32::from_str_radix(&rest[sign..sign + count], radix).ok();
        plain.extend(code.and_then(char::from_u32));
        rest = &rest[sign + count..];
    }
    plain + rest
}

/// `{a,b}`, also one inside the other.
fn braces(text: &str) -> Vec<String> {
    let Some((start, end, commas)) = first_braces(text) else {
        return vec![text.to_owned()];
    };
    let mut bounds = vec![start];
    bounds.extend(commas);
    bounds.push(end);
    let (before, after) = (&text[..start], &text[end + 1..]);
    let choices = bounds
        .windows(2)
        .map(|pair| format!("{before}{}{after}", &text[pair[0] + 1..pair[1]]));
    choices
        .take(MAX_VARIANTS)
        .flat_map(|choice| braces(&choice))
        .take(MAX_VARIANTS)
        .collect()
}

/// The first pair of braces with a comma in it: where it opens and closes, and its commas.
fn first_braces(text: &str) -> Option<(usize, usize, Vec<usize>)> {
    let mut open: Vec<(usize, Vec<usize>)> = Vec::new();
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'{' => open.push((at, Vec::new())),
            b',' => {
                if let Some((_, commas)) = open.last_mut() {
                    commas.push(at);
                }
            }
            b'}' => match open.pop() {
                Some((start, commas)) if !commas.is_empty() => return Some((start, at, commas)),
                _ => {}
            },
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn braces_are_expanded() {
        assert_eq!(braces("{rm,-rf,/}"), ["rm", "-rf", "/"]);
        assert_eq!(braces("a{b,{c,d}}"), ["ab", "ac", "ab", "ad"]);
        assert_eq!(braces("{}"), ["{}"]);
    }

    #[test]
    fn escapes_are_undone() {
        assert_eq!(ansi_c(r"\x72m\040-\162f\n"), "rm -rf\n");
        assert_eq!(unescape(r"r\m", false), "rm");
        assert_eq!(unescape(r"r\m \$", true), r"r\m $");
    }

    #[test]
    fn a_word_with_too_many_variants_is_unknown() {
        let text = "{a,b}".repeat(40);
        assert!(braces(&text).len() <= MAX_VARIANTS);
    }
}
