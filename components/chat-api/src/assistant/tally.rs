//! What a turn with a language model adds to the numbers of `/internal/metrics`.

use std::collections::BTreeMap;

use todo_domain::assistant::Fallback;

use crate::store::counters::Counter;

/// The upper bounds of the histogram's buckets, in milliseconds, as metrics write them in seconds.
pub(crate) const BUCKETS: [(i64, &str); 9] = [
    (100, "0.1"),
    (250, "0.25"),
    (500, "0.5"),
    (1_000, "1"),
    (2_500, "2.5"),
    (5_000, "5"),
    (10_000, "10"),
    (30_000, "30"),
    (i64::MAX, "+Inf"),
];

/// The names of the numbers.
pub(crate) const REQUESTS: &str = "llm_requests_total";
pub(crate) const TOKENS: &str = "llm_tokens_total";
pub(crate) const DURATION: &str = "llm_request_duration_seconds";
pub(crate) const TURNS: &str = "chat_turns_total";
pub(crate) const FALLBACKS: &str = "chat_provider_fallback_total";
pub(crate) const INTENTS: &str = "todo_chat_intents_total";
pub(crate) const LED_TO_NOTHING: &str = "todo_chat_fallbacks_total";

/// What was asked for, and why it led to nothing if it did. Only kinds are counted, never words.
pub(super) fn understood(intent: &str, reason: Option<Fallback>, provider: &str) -> Vec<Counter> {
    let counter = |name: &str, label: &str, value: &str| Counter {
        name: name.to_owned(),
        labels: format!("{label}=\"{value}\",provider=\"{provider}\""),
        value: 1,
    };
    let reason = reason.map(|reason| counter(LED_TO_NOTHING, "reason", reason.as_str()));
    let intent = counter(INTENTS, "intent", intent);
    [intent].into_iter().chain(reason).collect()
}

/// Numbers that were counted and not written down yet.
#[derive(Debug, Default)]
pub(super) struct Tally(BTreeMap<(&'static str, String), i64>);

impl Tally {
    fn add(&mut self, name: &'static str, labels: String, value: i64) {
        let counted = self.0.entry((name, labels)).or_default();
        *counted = counted.saturating_add(value);
    }

    /// A request to the model, in milliseconds and tokens.
    pub(super) fn request(&mut self, outcome: &str, took: i64, prompt: i64, completion: i64) {
        let provider = super::provider::OPENAI;
        self.add(
            REQUESTS,
            format!("provider=\"{provider}\",outcome=\"{outcome}\""),
            1,
        );
        self.add(TOKENS, format!("provider=\"{provider}\",kind=\"prompt\""), prompt);
        self.add(
            TOKENS,
            format!("provider=\"{provider}\",kind=\"completion\""),
            completion,
        );
        // Buckets are added up when they are shown.
        let bucket = BUCKETS.iter().find(|(bound, _name)| took <= *bound);
        let (_bound, bound) = bucket.unwrap_or(&(i64::MAX, "+Inf"));
        self.add(DURATION, format!("provider=\"{provider}\",le=\"{bound}\""), 1);
        // The sum is in milliseconds here.
        self.add(DURATION, format!("provider=\"{provider}\""), took);
    }

    /// A turn that is over, with who answered it at last.
    pub(super) fn turn(&mut self, provider: &str, fallback: Option<&str>) {
        self.add(TURNS, format!("provider=\"{provider}\""), 1);
        if let Some(reason) = fallback {
            self.add(FALLBACKS, format!("reason=\"{reason}\""), 1);
        }
    }

    /// What is to be written down.
    pub(super) fn take(&mut self) -> Vec<Counter> {
        let counted = std::mem::take(&mut self.0)
            .into_iter()
            .filter(|(_name, value)| *value != 0);
        counted
            .map(|((name, labels), value)| Counter {
                name: name.to_owned(),
                labels,
                value,
            })
            .collect()
    }
}
