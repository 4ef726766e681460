//! Messages that ask for nothing: greetings, thanks, and what shall not be done.

use super::answer::is_answer;
use super::phrase::{after, is};
use super::{Fallback, Intent, Plan};

const GREETINGS: [&str; 12] = [
    "hi",
    "hi there",
    "hello",
    "hello there",
    "hey",
    "hey there",
    "good morning",
    "good afternoon",
    "good evening",
    "greetings",
    "howdy",
    "yo",
];
const THANKS: [&str; 20] = [
    "thanks",
    "thank you",
    "thanks a lot",
    "thank you very much",
    "thank you so much",
    "many thanks",
    "thx",
    "ty",
    "cheers",
    "great",
    "perfect",
    "nice",
    "awesome",
    "cool",
    "good job",
    "well done",
    "great job",
    "bye",
    "goodbye",
    "good night",
];
const HELP: [&str; 16] = [
    "help",
    "help me",
    "what can you do",
    "what can i say",
    "what can i do",
    "what do you do",
    "what are you",
    "who are you",
    "commands",
    "how does this work",
    "how do i use this",
    "how do i add a task",
    "how do you work",
    "show help",
    "what else can you do",
    "i need help",
];

const CAPABILITIES: &str = "I can add, list, find, change, complete and delete your tasks, remind you of them, and undo \
what I did last. For example: “Add a task to buy groceries”, “What's pending?”, “Mark task 3 as complete”, \
“Change task 1 to 'Call mom tonight'”, “Reschedule my morning meetings to 2 PM”, “Delete the meeting task”.";

/// The answer to a message that asks for nothing to be done.
pub(super) fn small_talk(text: &str) -> Option<Plan> {
    let text = text.trim_end_matches(['!', '.', '?', ' ', ',']);
    let thanks = |text: &str| {
        is(text, &THANKS)
            || after(text, &THANKS).is_some_and(|rest| {
                is(rest, &THANKS)
                    || is(
                        rest,
                        &[
                            "so much",
                            "for your help",
                            "for that",
                            "that's all",
                            "mate",
                            "buddy",
                        ],
                    )
            })
    };
    if is(text, &HELP) {
        return Some(Plan::say(Intent::Help, CAPABILITIES));
    }
    if is(text, &GREETINGS)
        || after(text, &GREETINGS).is_some_and(|rest| {
            is(rest, &GREETINGS) || is(rest, &["assistant", "bot", "everyone", "how are you"])
        })
        || is(text, &["how are you", "how are you doing", "what's up"])
    {
        return Some(Plan::say(Intent::Greet, format!("Hello! {CAPABILITIES}")));
    }
    if thanks(text) {
        return Some(Plan::say(Intent::Thank, "You are welcome."));
    }
    None
}

/// What shall not be done is not done; and a yes or no to nothing does nothing.
pub(super) fn refusal(text: &str) -> Option<Plan> {
    let text = text.trim_end_matches(['!', '.', '?', ' ', ',']);
    let is_order = after(text, &["don't", "do not", "dont"]).is_some();
    if let Some(plan) = unasked(text).filter(|_| !is_order) {
        return Some(plan);
    }
    let is_to_remember = after(
        text,
        &[
            "don't forget",
            "do not forget",
            "don't let me forget",
            "never forget",
            "don't remind me",
            "do not remind me",
            "never remind me",
            "don't repeat",
            "do not repeat",
        ],
    )
    .is_some();
    let refuses = [
        "don't",
        "do not",
        "dont",
        "never",
        "no need to",
        "i don't want to",
        "i do not want to",
        "you don't have to",
        "please don't",
        "not",
    ];
    if !is_to_remember && after(text, &refuses).is_some() {
        return Some(Plan::say(Intent::Cancel, "All right, I changed nothing."));
    }
    None
}

/// An answer to no question.
fn unasked(text: &str) -> Option<Plan> {
    if is(
        text,
        &[
            "yes", "no", "y", "n", "yep", "nope", "ok", "okay", "sure", "confirm",
        ],
    ) || is_answer(text)
    {
        let takes_back = is(
            text,
            &[
                "never mind",
                "nevermind",
                "cancel",
                "cancel that",
                "cancel it",
                "stop",
                "forget it",
                "leave it",
                "abort",
                "not now",
            ],
        );
        return Some(if takes_back {
            let text = "Nothing is waiting for an answer, so nothing was changed. To take back the last change, say “undo”.";
            Plan::say(Intent::Cancel, text)
        } else {
            let text = "There is no open question, so nothing was changed.";
            Plan::fallback(Intent::Unclear, Fallback::NoQuestion, text)
        });
    }
    None
}

/// The answer to what was not understood.
pub(super) fn not_understood(is_empty: bool) -> Plan {
    let (reason, begin) = if is_empty {
        (
            Fallback::Empty,
            "There is nothing in your message that I could read, so I changed nothing.",
        )
    } else {
        (
            Fallback::NotUnderstood,
            "I am not sure what you mean, so I changed nothing.",
        )
    };
    Plan::fallback(Intent::Unclear, reason, format!("{begin} {CAPABILITIES}"))
}
