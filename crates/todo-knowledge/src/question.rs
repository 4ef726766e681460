//! Whether a message asks how the product works, or for what somebody has in their tasks.

/// How a question about the product begins. None of it begins a command.
const HOW: &[&str] = &[
    "how do i ",
    "how do you ",
    "how do we ",
    "how can i ",
    "how can we ",
    "how could i ",
    "how would i ",
    "how should i ",
    "how to ",
    "how does ",
    "how is it possible",
    "tell me how ",
    "show me how ",
    "explain ",
    "explain to me ",
    "where do i ",
    "where can i ",
    "is it possible ",
    "is there a way ",
    "is there any way ",
    "is there a limit ",
    "do you support ",
    "does it support ",
    "does this support ",
    "what can you do with ",
    "what can i do with ",
    "what does ",
    "what happens ",
    "what is the difference ",
    "what are the limits",
    "what is an ",
    "what is a ",
    "which formats ",
    "which file formats ",
    "why does ",
    "why do ",
];

const COURTESIES: &[&str] = &[
    "please ",
    "hey ",
    "hi ",
    "hello ",
    "ok ",
    "okay ",
    "so ",
    "and ",
    "but ",
    "can you ",
    "could you ",
];

/// Whether a message asks how something is done or works, so that it is not to be taken for a command.
#[must_use]
pub fn is_about_the_product(message: &str) -> bool {
    let message = message.trim().to_lowercase().replace(',', "").replace('’', "'");
    let mut text = message.as_str();
    while let Some(rest) = COURTESIES.iter().find_map(|courtesy| text.strip_prefix(courtesy)) {
        text = rest.trim_start();
    }
    HOW.iter().any(|beginning| text.starts_with(beginning))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_no_questions() {
        for question in [
            "How do I add a recurring task?",
            "how to delete a tag",
            "Hi, how can I export my tasks?",
            "What can you do with tags?",
            "can you explain reminders",
        ] {
            assert!(is_about_the_product(question), "{question}");
        }
        for command in [
            "Add a task to explain how to vote",
            "How many tasks do I have?",
            "what's pending",
            "What do I have to do today?",
            "how am I doing",
            "Delete how do I",
            "show me my tasks",
            "What are my tasks?",
            "",
        ] {
            assert!(!is_about_the_product(command), "{command}");
        }
    }
}
