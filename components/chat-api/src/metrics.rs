//! What is counted, in the text format of Prometheus.

use std::fmt::Write as _;

use crate::assistant::tally::{
    BUCKETS, DURATION, FALLBACKS, INTENTS, LED_TO_NOTHING, REQUESTS, TOKENS, TURNS,
};
use crate::store::counters::Counter;

/// The media type of the text format.
pub(crate) const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The counters, with what they count.
const COUNTERS: [(&str, &str); 6] = [
    (INTENTS, "Messages to the assistant, by what they asked for."),
    (LED_TO_NOTHING, "Messages that led to nothing, by why."),
    (
        TURNS,
        "Turns that a language model was asked for, by who answered at last.",
    ),
    (
        FALLBACKS,
        "Turns that the built-in assistant answered instead, by the reason.",
    ),
    (REQUESTS, "Requests to the language model, by outcome."),
    (
        TOKENS,
        "Tokens of the language model, as it counts them or as they are estimated.",
    ),
];

/// All numbers as text.
pub(crate) fn render(counters: &[Counter]) -> String {
    let mut text = String::new();
    for (name, help) in COUNTERS {
        // Writing to a String cannot fail, here and below.
        writeln!(text, "# HELP {name} {help}\n# TYPE {name} counter").ok();
        for Counter { labels, value, .. } in counters.iter().filter(|counter| counter.name == name) {
            writeln!(text, "{name}{{{labels}}} {value}").ok();
        }
    }
    writeln!(
        text,
        "# HELP {DURATION} How long a request to the language model took.\n# TYPE {DURATION} histogram"
    )
    .ok();
    let durations: Vec<&Counter> = counters
        .iter()
        .filter(|counter| counter.name == DURATION)
        .collect();
    for total in durations
        .iter()
        .filter(|counter| !counter.labels.contains("le=\""))
    {
        histogram(&mut text, total, &durations);
    }
    text
}

/// The buckets, which are kept each for itself and shown added up, and the sum, which is kept in milliseconds.
fn histogram(text: &mut String, total: &Counter, durations: &[&Counter]) {
    let mut count = 0_i64;
    for (_bound, name) in BUCKETS {
        let labels = format!("{},le=\"{name}\"", total.labels);
        let bucket = durations.iter().find(|counter| counter.labels == labels);
        count = count.saturating_add(bucket.map_or(0, |bucket| bucket.value));
        writeln!(text, "{DURATION}_bucket{{{labels}}} {count}").ok();
    }
    let (labels, milliseconds) = (&total.labels, total.value);
    let (seconds, rest) = (milliseconds.div_euclid(1_000), milliseconds.rem_euclid(1_000));
    let sum = format!("{seconds}.{rest:03}");
    let sum = sum.trim_end_matches('0').trim_end_matches('.');
    writeln!(text, "{DURATION}_sum{{{labels}}} {sum}").ok();
    writeln!(text, "{DURATION}_count{{{labels}}} {count}").ok();
}
