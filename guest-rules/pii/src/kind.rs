//! The kinds of data the rule knows.

use serde::Deserialize;

/// A kind of personal data or credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// An e-mail address.
    Email,
    /// A telephone number: international, North American, or any after a word such as "phone".
    #[serde(alias = "phone_us")]
    Phone,
    /// A US social security number in a range that is issued.
    #[serde(alias = "ssn_us")]
    Ssn,
    /// A payment card number: known prefix, fitting length, Luhn check digit.
    CreditCard,
    /// An IPv4 or IPv6 address other than loopback and the like.
    #[serde(alias = "ipv4")]
    IpAddress,
    /// An IBAN: length of its country, check digits.
    Iban,
    /// A passport: machine-readable zone with check digits, or a number after a word for passport.
    Passport,
    /// A national identity, tax or insurance number with its check digits.
    NationalId,
    /// An API key or token of a known provider.
    ApiKey,
    /// A private key in PEM form.
    PrivateKey,
    /// A JSON Web Token.
    Jwt,
    /// One of these in Base64, hexadecimal digits or URL encoding.
    Encoded,
    /// More encoded text than is looked into.
    Undecoded,
}

impl Kind {
    /// Code of a finding.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::Email => "pii.email",
            Self::Phone => "pii.phone",
            Self::Ssn => "pii.ssn",
            Self::CreditCard => "pii.credit_card",
            Self::IpAddress => "pii.ip_address",
            Self::Iban => "pii.iban",
            Self::Passport => "pii.passport",
            Self::NationalId => "pii.national_id",
            Self::ApiKey => "pii.api_key",
            Self::PrivateKey => "pii.private_key",
            Self::Jwt => "pii.jwt",
            Self::Encoded => "pii.encoded",
            Self::Undecoded => "pii.undecoded",
        }
    }

    /// What a person reads.
    pub(crate) fn reason(self) -> &'static str {
        match self {
            Self::Email => "The text contains an e-mail address",
            Self::Phone => "The text contains a telephone number",
            Self::Ssn => "The text contains a US social security number",
            Self::CreditCard => "The text contains a payment card number",
            Self::IpAddress => "The text contains an IP address",
            Self::Iban => "The text contains an IBAN",
            Self::Passport => "The text contains a passport number",
            Self::NationalId => "The text contains a national identity number",
            Self::ApiKey => "The text contains an API key or token",
            Self::PrivateKey => "The text contains a private key",
            Self::Jwt => "The text contains a JSON Web Token",
            Self::Encoded => "The text contains encoded personal data or an encoded credential",
            Self::Undecoded => "The call contains more encoded text than is looked into",
        }
    }

    /// What stands in place of redacted text.
    pub(crate) fn replacement(self) -> String {
        format!("[REDACTED:{}]", self.code().trim_start_matches("pii."))
    }
}
