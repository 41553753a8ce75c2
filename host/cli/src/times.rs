//! Times as people write and read them: always UTC.

use bijotel::Range;
use time::format_description::BorrowedFormatItem;
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;
use time::{Date, OffsetDateTime};

const DAY: &[BorrowedFormatItem<'_>] = format_description!("[year]-[month]-[day]");

const SECOND: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z");

const MICROSECOND: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:6]+00:00");

/// A moment in nanoseconds since 1970, to the second, as in `2026-01-01T00:00:00Z`.
pub(crate) fn second(ns: i64) -> String {
    format(ns, SECOND)
}

/// The present moment in the form that exports have, as in `2026-01-01T00:00:00.000000+00:00`.
pub(crate) fn now_for_export() -> String {
    format(now_ns(), MICROSECOND)
}

/// The present moment in nanoseconds since 1970.
pub(crate) fn now_ns() -> i64 {
    clamped(OffsetDateTime::now_utc().unix_timestamp_nanos())
}

/// The first nanosecond of a day written `YYYY-MM-DD`.
pub(crate) fn day_start(text: &str) -> Option<i64> {
    let day = Date::parse(text, DAY).ok()?;
    Some(clamped(day.midnight().assume_utc().unix_timestamp_nanos()))
}

/// The first nanosecond after a day written `YYYY-MM-DD`.
pub(crate) fn day_end(text: &str) -> Option<i64> {
    let next = Date::parse(text, DAY).ok()?.next_day()?;
    Some(clamped(next.midnight().assume_utc().unix_timestamp_nanos()))
}

/// A moment written as nanoseconds since 1970 or in RFC 3339.
pub(crate) fn moment(text: &str) -> Option<i64> {
    text.parse().ok().or_else(|| {
        let moment = OffsetDateTime::parse(text, &Rfc3339).ok()?;
        i64::try_from(moment.unix_timestamp_nanos()).ok()
    })
}

/// The range of claimed times between two moments, open where one is left out.
pub(crate) fn range(since_ns: Option<i64>, until_ns: Option<i64>) -> Range {
    Range::Time {
        since_ns: since_ns.unwrap_or(i64::MIN),
        until_ns: until_ns.unwrap_or(i64::MAX),
    }
}

fn format(ns: i64, form: &[BorrowedFormatItem<'_>]) -> String {
    OffsetDateTime::from_unix_timestamp_nanos(ns.into())
        .ok()
        .and_then(|moment| moment.format(form).ok())
        // 64 bits of nanoseconds reach from 1677 to 2262, all of which can be written.
        .unwrap_or_else(|| format!("{ns} ns"))
}

fn clamped(ns: i128) -> i64 {
    i64::try_from(ns).unwrap_or(if ns < 0 { i64::MIN } else { i64::MAX })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_shown_to_the_second_it_is_in() {
        assert_eq!(second(1_767_225_600_999_999_999), "2026-01-01T00:00:00Z");
        assert_eq!(second(-1), "1969-12-31T23:59:59Z");
        assert_eq!(second(i64::MAX), "2262-04-11T23:47:16Z");
    }

    #[test]
    fn a_day_ends_where_the_next_begins() {
        assert_eq!(day_end("2026-12-31"), day_start("2027-01-01"));
        assert_eq!(day_start("2026-01-01"), Some(1_767_225_600_000_000_000));
        for wrong in ["foo", "2026-13-01", "2026-01-01T00:00:00Z", ""] {
            assert_eq!(day_start(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_moment_is_nanoseconds_or_rfc_3339() {
        assert_eq!(
            moment("1767225600000000001"),
            Some(1_767_225_600_000_000_001)
        );
        assert_eq!(
            moment("2026-01-01T02:00:00.5+02:00"),
            Some(1_767_225_600_500_000_000)
        );
        assert_eq!(moment("yesterday"), None);
        assert_eq!(moment("9999-01-01T00:00:00Z"), None);
    }
}
