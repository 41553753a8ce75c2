//! National identity, tax and insurance numbers, each with the check its country defines.
//!
//! A number whose check is weak, or whose form is that of many other numbers, counts only after a
//! word that says what it is.

mod checks;

use std::ops::Range;

use crate::bytes::{has_context, is_at, is_before, is_word};
use checks::{
    aadhaar, australia, belgium, brazil, britain, canada, chile, china, denmark, finland, france,
    germany, india_tax, ireland, italy, japan, korea, mexico, netherlands, norway, poland,
    portugal, singapore, south_africa, spain, spain_foreigner, sweden, sweden_long, switzerland,
    turkey,
};

/// One kind of number.
struct Form {
    /// `9` a digit, `A` a capital letter, `?` a digit or capital letter, `_` a space or nothing;
    /// anything else stands for itself.
    mask: &'static str,
    /// Judges the characters without what separates them.
    check: fn(&[u8]) -> bool,
    /// If not empty, one of these words must stand shortly before.
    context: &'static [&'static str],
}

const FORMS: &[Form] = &[
    // Spain: DNI and NIE.
    Form {
        mask: "99999999A",
        check: spain,
        context: &[],
    },
    Form {
        mask: "99999999-A",
        check: spain,
        context: &[],
    },
    Form {
        mask: "A9999999A",
        check: spain_foreigner,
        context: &[],
    },
    Form {
        mask: "A-9999999-A",
        check: spain_foreigner,
        context: &[],
    },
    // Italy: codice fiscale.
    Form {
        mask: "AAAAAA99A99A999A",
        check: italy,
        context: &[],
    },
    // France: NIR.
    Form {
        mask: "9_99_99_?9_999_999_99",
        check: france,
        context: &[],
    },
    // United Kingdom: national insurance number.
    Form {
        mask: "AA 99 99 99 A",
        check: britain,
        context: &[],
    },
    Form {
        mask: "AA999999A",
        check: britain,
        context: &["national insurance", "nino", "ni number", "ni no"],
    },
    // Brazil: CPF.
    Form {
        mask: "999.999.999-99",
        check: brazil,
        context: &[],
    },
    Form {
        mask: "99999999999",
        check: brazil,
        context: &["cpf"],
    },
    // India: Aadhaar and PAN.
    Form {
        mask: "9999 9999 9999",
        check: aadhaar,
        context: &[],
    },
    Form {
        mask: "999999999999",
        check: aadhaar,
        context: &["aadhaar", "aadhar", "uidai", "आधार"],
    },
    Form {
        mask: "AAAAA9999A",
        check: india_tax,
        context: &[],
    },
    // Finland, Sweden, Belgium.
    Form {
        mask: "999999-999?",
        check: finland,
        context: &[],
    },
    Form {
        mask: "999999A999?",
        check: finland,
        context: &[],
    },
    Form {
        mask: "999999-9999",
        check: sweden,
        context: &[],
    },
    Form {
        mask: "99.99.99-999.99",
        check: belgium,
        context: &[],
    },
    // China, South Korea, Singapore.
    Form {
        mask: "99999999999999999?",
        check: china,
        context: &[],
    },
    Form {
        mask: "999999-9999999",
        check: korea,
        context: &[],
    },
    Form {
        mask: "A9999999A",
        check: singapore,
        context: &[],
    },
    // Netherlands, Poland, Germany, Canada.
    Form {
        mask: "999999999",
        check: netherlands,
        context: &["bsn", "burgerservice", "sofinummer", "citizen service"],
    },
    Form {
        mask: "99999999999",
        check: poland,
        context: &["pesel"],
    },
    Form {
        mask: "99_999_999_999",
        check: germany,
        context: &[
            "steuer",
            "idnr",
            "id-nr",
            "idn",
            "tax id",
            "tax number",
            "tin",
        ],
    },
    Form {
        mask: "999_999_999",
        check: canada,
        context: &["sin", "social insurance", "nas", "assurance sociale"],
    },
    Form {
        mask: "999-999-999",
        check: canada,
        context: &["sin", "social insurance", "nas", "assurance sociale"],
    },
    // Denmark, Norway.
    Form {
        mask: "999999-9999",
        check: denmark,
        context: &["cpr", "personnummer", "person nummer"],
    },
    Form {
        mask: "999999_9999",
        check: denmark,
        context: &["cpr"],
    },
    Form {
        mask: "999999_99999",
        check: norway,
        context: &[],
    },
    // Australia, Switzerland, Turkey, South Africa.
    Form {
        mask: "999_999_999",
        check: australia,
        context: &["tfn", "tax file"],
    },
    Form {
        mask: "999.9999.9999.99",
        check: switzerland,
        context: &[],
    },
    Form {
        mask: "9999999999999",
        check: switzerland,
        context: &["ahv", "avs", "oasi", "sozialversicherung", "assur"],
    },
    Form {
        mask: "99999999999",
        check: turkey,
        context: &["kimlik", "t.c.", "tckn", "tc no", "turkish id"],
    },
    Form {
        mask: "999999_9999_999",
        check: south_africa,
        context: &[
            "id number",
            "id no",
            "id nr",
            "identity",
            "south african",
            "rsa id",
            "sa id",
            "id:",
            "id is",
            "id-nommer",
        ],
    },
    // Chile, Japan, Ireland, Mexico, Portugal.
    Form {
        mask: "99.999.999-?",
        check: chile,
        context: &[],
    },
    Form {
        mask: "9.999.999-?",
        check: chile,
        context: &[],
    },
    Form {
        mask: "99999999-?",
        check: chile,
        context: &["rut", "run"],
    },
    Form {
        mask: "9999999-?",
        check: chile,
        context: &["rut"],
    },
    Form {
        mask: "9999 9999 9999",
        check: japan,
        context: &[
            "個人番号",
            "マイナンバー",
            "my number",
            "mynumber",
            "individual number",
        ],
    },
    Form {
        mask: "9999-9999-9999",
        check: japan,
        context: &[
            "個人番号",
            "マイナンバー",
            "my number",
            "mynumber",
            "individual number",
        ],
    },
    Form {
        mask: "999999999999",
        check: japan,
        context: &[
            "個人番号",
            "マイナンバー",
            "my number",
            "mynumber",
            "individual number",
        ],
    },
    Form {
        mask: "9999999AA",
        check: ireland,
        context: &["pps", "personal public", "uimhir"],
    },
    Form {
        mask: "9999999A",
        check: ireland,
        context: &["pps", "personal public", "uimhir"],
    },
    Form {
        mask: "AAAA999999AAAAAA?9",
        check: mexico,
        context: &[],
    },
    Form {
        mask: "999_999_999",
        check: portugal,
        context: &["nif", "contribuinte", "fiscal"],
    },
    // Other ways to write numbers from above.
    Form {
        mask: "99999999-9999",
        check: sweden_long,
        context: &[],
    },
    Form {
        mask: "999999999999",
        check: sweden_long,
        context: &["personnummer", "personal number", "personnr"],
    },
    Form {
        mask: "9999999999",
        check: sweden,
        context: &["personnummer", "personnr"],
    },
    Form {
        mask: "999999+9999",
        check: sweden,
        context: &["personnummer", "personnr"],
    },
    Form {
        mask: "99999999999",
        check: belgium,
        context: &[
            "rijksregister",
            "registre national",
            "national register",
            "nationaal nummer",
            "nationalregister",
            "national number",
            "insz",
            "niss",
        ],
    },
    Form {
        mask: "9999999999999",
        check: korea,
        context: &["주민등록", "주민번호", "resident registration"],
    },
];

/// The national number that begins at `start`.
pub(crate) fn find(bytes: &[u8], start: usize) -> Option<Range<usize>> {
    find_form(bytes, start, false)
}

/// The same, if a word before it says what it is.
pub(crate) fn find_named(bytes: &[u8], start: usize) -> Option<Range<usize>> {
    find_form(bytes, start, true)
}

fn find_form(bytes: &[u8], start: usize, named: bool) -> Option<Range<usize>> {
    if is_before(bytes, start, |byte| {
        is_word(byte) || byte == b'.' || byte == b'-'
    }) {
        return None;
    }
    FORMS.iter().find_map(|form| {
        let (characters, end) = fit(form.mask.as_bytes(), bytes, start)?;
        let fits = (form.check)(&characters)
            && if form.context.is_empty() {
                !named
            } else {
                has_context(bytes, start, form.context)
            };
        fits.then_some(start..end)
    })
}

/// The letters and digits that fit the mask, and where they end.
fn fit(mask: &[u8], bytes: &[u8], start: usize) -> Option<(Vec<u8>, usize)> {
    let mut at = start;
    let first_fits = |byte: u8| match mask[0] {
        b'9' => byte.is_ascii_digit(),
        b'A' => byte.is_ascii_uppercase(),
        literal => byte == literal,
    };
    // Most places fail here, before anything is allocated.
    if !is_at(bytes, at, first_fits) {
        return None;
    }
    let mut characters = Vec::with_capacity(mask.len());
    for sign in mask {
        let byte = bytes.get(at).copied();
        let fits = match sign {
            b'_' if byte != Some(b' ') => continue,
            b'_' => false,
            b'9' => byte?.is_ascii_digit(),
            b'A' => byte?.is_ascii_uppercase(),
            b'?' => byte?.is_ascii_digit() || byte?.is_ascii_uppercase(),
            literal if byte == Some(*literal) => false,
            _ => return None,
        };
        match (fits, sign) {
            (true, _) => characters.push(byte?),
            (false, b'9' | b'A' | b'?') => return None,
            (false, _) => {}
        }
        at += 1;
    }
    let spaced = mask.contains(&b' ');
    let separates = |byte| matches!(byte, b'-' | b'.') || (spaced && byte == b' ');
    let goes_on = is_at(bytes, at, is_word)
        || (is_at(bytes, at, separates) && is_at(bytes, at + 1, |byte| byte.is_ascii_digit()));
    (!goes_on).then_some((characters, at))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Option<&str> {
        (0..text.len())
            .find_map(|at| find(text.as_bytes(), at))
            .map(|range| &text[range])
    }

    #[test]
    fn numbers_with_right_check_digits_are_found() {
        for number in [
            "12345678Z",
            "X1234567L",
            "RSSMRA85T10A562S",
            "1 85 05 78 006 084 91",
            "255081416802538",
            "AB 12 34 56 C",
            "529.982.247-25",
            "2345 6789 0124",
            "ABCPD1234E",
            "131052-308T",
            "811228-9874",
            "85.07.30-033.28",
            "11010519491231002X",
            "S1234567D",
            "756.9217.0769.85",
            "12.345.678-5",
            "13097248022",
            "HEGG560427MVZRRL04",
        ] {
            assert_eq!(
                found(&format!("no. {number}, thanks")),
                Some(number),
                "{number}"
            );
        }
    }

    #[test]
    fn weak_ones_need_a_word_before_them() {
        for (word, number) in [
            ("BSN", "111222333"),
            ("PESEL", "44051401359"),
            ("Steuer-ID", "86 095 742 719"),
            ("SIN", "046 454 286"),
            ("CPF", "52998224725"),
            ("NI number", "AB123456C"),
        ] {
            assert_eq!(found(number), None, "{number}");
            if number != "046 454 286" {
                assert_eq!(
                    found(&format!("{word}: {number}")),
                    Some(number),
                    "{number}"
                );
            }
        }
        assert_eq!(found("SIN: 130-692-544"), Some("130-692-544"));
    }

    #[test]
    fn numbers_with_wrong_check_digits_are_left_alone() {
        for number in [
            "12345678A",
            "X1234567A",
            "RSSMRA85T10A562A",
            "255081416802537",
            "529.982.247-26",
            "2345 6789 0123",
            "131052-308U",
            "811228-9875",
            "85.07.30-033.29",
            "110105194912310021",
            "S1234567A",
            "BSN 111222334",
            "DF 12 34 56 C",
        ] {
            assert_eq!(found(number), None, "{number}");
        }
    }
}
