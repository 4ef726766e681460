//! Durations such as `-P1DT2H`.

use todo_domain::task::Lead;

const DAY: u64 = 86_400;

/// A duration, forwards or back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Duration {
    pub(super) is_back: bool,
    /// Days of the calendar.
    pub(super) days: u64,
    pub(super) seconds: u64,
}

impl Duration {
    /// So long before.
    pub(super) fn before(lead: &Lead) -> Self {
        Self {
            is_back: true,
            days: lead.days(),
            seconds: lead.seconds(),
        }
    }

    /// So many seconds from the beginning of a day.
    pub(super) fn of_seconds(seconds: i64) -> Self {
        Self {
            is_back: seconds < 0,
            days: 0,
            seconds: seconds.unsigned_abs(),
        }
    }

    /// All of it in seconds, each day as long as most are.
    pub(super) fn total(self) -> i64 {
        let seconds = self.days.saturating_mul(DAY).saturating_add(self.seconds);
        let seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
        if self.is_back { -seconds } else { seconds }
    }

    /// Reads a value of the type DURATION.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (is_back, text) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let mut rest = text.strip_prefix('P')?;
        let (mut days, mut seconds, mut is_time) = (0_u64, 0_u64, false);
        if rest.is_empty() {
            return None;
        }
        while !rest.is_empty() {
            if let Some(after) = rest.strip_prefix('T').filter(|_| !is_time) {
                (is_time, rest) = (true, after);
                continue;
            }
            let (number, after) = rest.split_at(rest.find(|letter: char| !letter.is_ascii_digit())?);
            let number: u64 = number.parse().ok().filter(|number| *number <= 1_000_000_000)?;
            let mut letters = after.chars();
            match (letters.next()?, is_time) {
                ('W', false) => days += number * 7,
                ('D', false) => days += number,
                ('H', true) => seconds += number * 3600,
                ('M', true) => seconds += number * 60,
                ('S', true) => seconds += number,
                _ => return None,
            }
            // Nobody means centuries, and so the sums stay small.
            if days > 1_000_000 || seconds > 1_000_000 * DAY {
                return None;
            }
            rest = letters.as_str();
        }
        Some(Self {
            is_back,
            days,
            seconds,
        })
    }

    /// The value of the type DURATION.
    pub(super) fn to_text(self) -> String {
        let mut text = if self.is_back { "-P" } else { "P" }.to_owned();
        if self.days > 0 {
            text.push_str(&format!("{}D", self.days));
        }
        if self.seconds > 0 || self.days == 0 {
            text.push('T');
        }
        let (hours, minutes, seconds) = (self.seconds / 3600, self.seconds / 60 % 60, self.seconds % 60);
        for (amount, unit) in [(hours, 'H'), (minutes, 'M'), (seconds, 'S')] {
            if amount > 0 || (unit == 'S' && text.ends_with('T')) {
                text.push_str(&format!("{amount}{unit}"));
            }
        }
        text
    }

    /// As the API writes a lead: `1d2h`.
    pub(super) fn to_lead(self) -> String {
        let (hours, minutes, seconds) = (self.seconds / 3600, self.seconds / 60 % 60, self.seconds % 60);
        let mut text = String::new();
        for (amount, unit) in [(self.days, 'd'), (hours, 'h'), (minutes, 'm'), (seconds, 's')] {
            if amount > 0 {
                text.push_str(&format!("{amount}{unit}"));
            }
        }
        if text.is_empty() { "0m".to_owned() } else { text }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_and_write() {
        for (text, days, seconds, again) in [
            ("PT0S", 0, 0, "PT0S"),
            ("-PT15M", 0, 900, "-PT15M"),
            ("-P1W", 7, 0, "-P7D"),
            ("+P15DT5H0M20S", 15, 18_020, "P15DT5H20S"),
            ("-P1DT2H", 1, 7_200, "-P1DT2H"),
        ] {
            let duration = Duration::parse(text).unwrap();
            assert_eq!((duration.days, duration.seconds), (days, seconds), "{text}");
            assert_eq!(duration.to_text(), again);
        }
        for text in [
            "",
            "P",
            "1H",
            "PT1",
            "P1H",
            "PT1D",
            "P99999999999999999999D",
            "PT1HT1H",
            "-+PT1H",
        ] {
            assert_eq!(Duration::parse(text), None, "{text}");
        }
        assert_eq!(Duration::parse("-P1DT90M").unwrap().to_lead(), "1d1h30m");
    }
}
