//! Which commands `execute` does not pass on: those that would change the connection for everyone who shares it, and those
//! that would make everyone wait.

/// Change what the connection is, whom it speaks for, or which database it is on; or begin what others would get into.
const OF_THE_CONNECTION: &[&str] = &[
    "ASKING",
    "AUTH",
    "CLIENT",
    "DISCARD",
    "EXEC",
    "HELLO",
    "MONITOR",
    "MULTI",
    "PSUBSCRIBE",
    "PSYNC",
    "PUNSUBSCRIBE",
    "QUIT",
    "READONLY",
    "READWRITE",
    "REPLCONF",
    "RESET",
    "SELECT",
    "SSUBSCRIBE",
    "SUBSCRIBE",
    "SUNSUBSCRIBE",
    "SYNC",
    "UNSUBSCRIBE",
    "UNWATCH",
    "WATCH",
];

/// Answer when something happens.
const THAT_WAIT: &[&str] = &[
    "BLMOVE",
    "BLMPOP",
    "BLPOP",
    "BRPOP",
    "BRPOPLPUSH",
    "BZMPOP",
    "BZPOPMAX",
    "BZPOPMIN",
    "WAIT",
    "WAITAOF",
];

/// Why a command is not passed on, and what to do instead; nothing if it is.
pub(crate) fn refusal<'a>(command: &str, mut arguments: impl Iterator<Item = &'a [u8]>) -> Option<String> {
    let name = command.to_ascii_uppercase();
    if OF_THE_CONNECTION.contains(&name.as_str()) {
        let instead = match name.as_str() {
            "SELECT" | "AUTH" => "open an address with the database or the user in it",
            "MULTI" | "EXEC" | "DISCARD" | "WATCH" | "UNWATCH" => {
                "use EVAL to have several commands done as one"
            }
            _ => "a component's instances share one connection",
        };
        return Some(format!("`{name}` is not passed on: {instead}"));
    }
    let reads_stream = matches!(name.as_str(), "XREAD" | "XREADGROUP");
    if THAT_WAIT.contains(&name.as_str())
        || reads_stream && arguments.any(|argument| argument.eq_ignore_ascii_case(b"BLOCK"))
    {
        return Some(format!(
            "`{name}` is not passed on where it waits, because a component's instances share one connection: use the form that \
             does not"
        ));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_refused(command: &str, arguments: &[&str]) -> bool {
        refusal(command, arguments.iter().map(|argument| argument.as_bytes())).is_some()
    }

    #[test]
    fn what_others_would_notice_is_refused() {
        for command in ["MULTI", "select", "Subscribe", "BLPOP", "CLIENT", "wait"] {
            assert!(is_refused(command, &["a"]), "{command}");
        }
        assert!(is_refused(
            "XREAD",
            &["COUNT", "1", "block", "0", "STREAMS", "s", "$"]
        ));
        for command in ["GET", "SETEX", "EVAL", "LPOP", "EXPIRE", "PUBLISH", "XADD"] {
            assert!(!is_refused(command, &["block"]), "{command}");
        }
        assert!(!is_refused("XREAD", &["COUNT", "1", "STREAMS", "s", "$"]));
    }
}
