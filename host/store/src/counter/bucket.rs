//! Which buckets of time a window is made of.

use time::OffsetDateTime;

use super::CounterWindow;

/// A sliding window has so many buckets.
const BUCKETS: u32 = 60;

const DAY: i64 = 24 * 60 * 60;

/// Buckets by the second since 1970-01-01 UTC at which they begin.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Buckets {
    /// The one of this moment.
    pub(super) current: i64,
    /// The earliest that the window reaches. One that began after `current`, because the clock was set
    /// back, counts too.
    pub(super) first: i64,
}

impl Buckets {
    pub(super) fn of(window: CounterWindow, now: i64) -> Self {
        match window {
            CounterWindow::Seconds(seconds) => {
                let width = i64::from(seconds.div_ceil(BUCKETS).max(1));
                let seconds = i64::from(seconds);
                let start = |second: i64| second.div_euclid(width) * width;
                Self {
                    current: start(now),
                    // The bucket that the window's first moment is in counts whole.
                    first: start(now - seconds + 1),
                }
            }
            CounterWindow::Day => Self::one(now.div_euclid(DAY) * DAY),
            CounterWindow::Month => Self::one(first_of_month(now)),
            CounterWindow::Always => Self::one(0),
        }
    }

    fn one(start: i64) -> Self {
        Self {
            current: start,
            first: start,
        }
    }
}

/// Midnight of the first day of the month; the day itself where the calendar has no such time.
fn first_of_month(now: i64) -> i64 {
    let day = now.div_euclid(DAY);
    let before = OffsetDateTime::from_unix_timestamp(now).map_or(0, |time| time.day() - 1);
    (day - i64::from(before)) * DAY
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2024-02-29T12:34:56Z.
    const LEAP_DAY: i64 = 1_709_210_096;

    #[test]
    fn a_minute_has_a_bucket_a_second() {
        let buckets = Buckets::of(CounterWindow::Seconds(60), 1000);
        assert_eq!((buckets.first, buckets.current), (941, 1000));
    }

    #[test]
    fn an_hour_counts_at_most_a_sixtieth_more() {
        for now in 7200..7300 {
            let buckets = Buckets::of(CounterWindow::Seconds(3600), now);
            assert!(buckets.first <= now - 3599, "{now}");
            assert!(buckets.first > now - 3600 - 60, "{now}");
        }
    }

    #[test]
    fn a_window_of_a_second_is_its_own_second() {
        let buckets = Buckets::of(CounterWindow::Seconds(1), 77);
        assert_eq!((buckets.first, buckets.current), (77, 77));
    }

    #[test]
    fn a_day_begins_at_midnight() {
        let buckets = Buckets::of(CounterWindow::Day, LEAP_DAY);
        assert_eq!(buckets, Buckets::one(1_709_164_800));
    }

    #[test]
    fn a_month_begins_on_its_first_day() {
        let months = [
            (LEAP_DAY, 1_706_745_600),
            (0, 0),
            (1_798_761_599, 1_796_083_200),
            (1_798_761_600, 1_798_761_600),
        ];
        for (now, first) in months {
            assert_eq!(
                Buckets::of(CounterWindow::Month, now),
                Buckets::one(first),
                "{now}"
            );
        }
    }
}
