//! From a path to what is meant by it. It knows no handler and no user; what it does not know is not found.

pub(crate) mod operator;

use http::Method;

use self::operator::OperatorRoute;

/// What a path stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Route {
    SignUp,
    LogIn,
    Refresh,
    LogOut,
    Me,
    Password,
    Keys,
    Live,
    Ready,
    Tasks,
    QuickTask,
    Task(String),
    Complete(String),
    Reopen(String),
    Restore(String),
    Skip(String),
    EndSeries(String),
    RecurrencePreview,
    Tags,
    Stats,
    Chat,
    Conversations,
    Conversation(String),
    Messages(String),
    Updates,
    NextTask,
    Agenda,
    /// For scrapers inside.
    Metrics,
    Introspect,
    BulkTasks,
    Undo,
    Tokens,
    Token(String),
    Mcp,
    ResourceMetadata,
    Export,
    Import,
    /// The user's own look at the feed.
    CalendarFeed,
    /// The feed itself, by its token.
    Calendar(String),
    /// What somebody with the FAQ's key thinks of an answer.
    ChatFeedback,
    Operator(OperatorRoute),
}

/// A path that was understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) route: Route,
    /// The user that the path names, in the aliases that have one there.
    pub(crate) path_user: Option<String>,
}

impl Route {
    /// The methods that the route takes, as `Allow` lists them.
    pub(crate) fn methods(&self) -> &'static [&'static str] {
        match self {
            Self::SignUp | Self::LogIn | Self::Refresh | Self::LogOut | Self::Chat | Self::NextTask => {
                &["POST"]
            }
            Self::Password => &["POST"],
            Self::Me => &["GET", "HEAD", "DELETE"],
            Self::QuickTask | Self::BulkTasks | Self::Undo | Self::Reopen(_) | Self::Restore(_) => &["POST"],
            Self::Agenda | Self::Skip(_) | Self::EndSeries(_) => &["POST"],
            Self::RecurrencePreview => &["GET", "HEAD"],
            Self::Keys | Self::Live | Self::Ready | Self::Tags | Self::Stats => &["GET", "HEAD"],
            Self::Metrics => &["GET", "HEAD"],
            Self::Introspect => &["POST"],
            Self::Conversations | Self::Messages(_) => &["GET", "HEAD"],
            Self::Updates => &["GET"],
            Self::Tokens => &["GET", "HEAD", "POST"],
            Self::Token(_) => &["DELETE"],
            Self::Mcp => &["POST"],
            Self::ResourceMetadata => &["GET", "HEAD"],
            Self::Tasks => &["GET", "HEAD", "POST"],
            Self::Task(_) => &["GET", "HEAD", "PUT", "PATCH", "DELETE"],
            // POST completes, PATCH toggles, as the first documents had it.
            Self::Complete(_) => &["POST", "PATCH"],
            Self::Conversation(_) => &["GET", "HEAD", "PATCH", "DELETE"],
            Self::Export | Self::Calendar(_) => &["GET", "HEAD"],
            Self::Import | Self::ChatFeedback => &["POST"],
            Self::Operator(route) => route.methods(),
            Self::CalendarFeed => &["GET", "HEAD", "POST", "DELETE"],
        }
    }

    /// Whether the route takes the method.
    pub(crate) fn takes(&self, method: &Method) -> bool {
        self.methods().contains(&method.as_str())
    }
}

/// What the path means; nothing if it means nothing.
pub(crate) fn resolve(path: &str) -> Option<Target> {
    let segments = segments(path)?;
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    let segments = segments.as_slice();
    let (route, path_user) = match segments {
        ["api", "v1", rest @ ..] => (api(rest)?, None),
        ["api", rest @ ..] => match rest {
            ["tasks" | "todos" | "chat", ..] => (alias(rest)?, None),
            [user, "tasks" | "chat", ..] if !is_version(user) => {
                (alias(rest.get(1..)?)?, Some((*user).to_owned()))
            }
            _ => return None,
        },
        [".well-known", "jwks.json"] => (Route::Keys, None),
        [".well-known", "oauth-protected-resource"] | [".well-known", "oauth-protected-resource", "mcp"] => {
            (Route::ResourceMetadata, None)
        }
        ["mcp"] => (Route::Mcp, None),
        ["health", "live"] => (Route::Live, None),
        ["health", "ready"] => (Route::Ready, None),
        ["internal", "v1", "tasks", "next"] => (Route::NextTask, None),
        ["internal", "v1", "agenda"] => (Route::Agenda, None),
        ["internal", "metrics"] => (Route::Metrics, None),
        ["internal", "v1", "introspect"] => (Route::Introspect, None),
        ["admin" | "ingest", ..] => (Route::Operator(OperatorRoute::resolve(segments)?), None),
        ["calendar", file] => (Route::Calendar(file.strip_suffix(".ics")?.to_owned()), None),
        _ => return None,
    };
    Some(Target { route, path_user })
}

/// The path as it may be logged: whoever knows a calendar's address may read it.
pub(crate) fn without_secret(path: &str) -> &str {
    let is_calendar = path.trim_start_matches('/').starts_with("calendar/")
        || resolve(path).is_some_and(|target| matches!(target.route, Route::Calendar(_)));
    if is_calendar { "/calendar/…" } else { path }
}

/// Another version of the API is not a user.
fn is_version(segment: &str) -> bool {
    segment
        .strip_prefix('v')
        .is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))
}

fn alias(rest: &[&str]) -> Option<Route> {
    match rest {
        ["tasks" | "todos", rest @ ..] => tasks(rest),
        ["chat"] => Some(Route::Chat),
        _ => None,
    }
}

fn api(rest: &[&str]) -> Option<Route> {
    Some(match rest {
        ["auth", "signup"] => Route::SignUp,
        ["auth", "login"] => Route::LogIn,
        ["auth", "refresh"] => Route::Refresh,
        ["auth", "logout"] => Route::LogOut,
        ["auth", "me"] => Route::Me,
        ["auth", "password"] => Route::Password,
        ["tasks", rest @ ..] => tasks(rest)?,
        ["tokens"] => Route::Tokens,
        ["tokens", id] => Route::Token((*id).to_owned()),
        ["tags"] => Route::Tags,
        ["stats"] => Route::Stats,
        ["chat"] => Route::Chat,
        ["chat", "feedback"] => Route::ChatFeedback,
        ["admin" | "ingest", ..] => Route::Operator(OperatorRoute::resolve(rest)?),
        ["conversations"] => Route::Conversations,
        ["conversations", id] => Route::Conversation((*id).to_owned()),
        ["conversations", id, "messages"] => Route::Messages((*id).to_owned()),
        ["updates"] => Route::Updates,
        ["undo"] => Route::Undo,
        ["recurrence", "preview"] => Route::RecurrencePreview,
        ["export"] => Route::Export,
        ["import"] => Route::Import,
        ["calendar-feed"] => Route::CalendarFeed,
        _ => return None,
    })
}

fn tasks(rest: &[&str]) -> Option<Route> {
    Some(match rest {
        [] => Route::Tasks,
        // No task has these ids: they are neither numbers nor UUIDs.
        ["quick"] => Route::QuickTask,
        ["bulk"] => Route::BulkTasks,
        [id] => Route::Task((*id).to_owned()),
        [id, "complete"] => Route::Complete((*id).to_owned()),
        [id, "reopen"] => Route::Reopen((*id).to_owned()),
        [id, "restore"] => Route::Restore((*id).to_owned()),
        [id, "skip"] => Route::Skip((*id).to_owned()),
        [id, "end-series"] => Route::EndSeries((*id).to_owned()),
        _ => return None,
    })
}

/// The parts of a path, decoded. A path that could be read in two ways (an encoded slash, dots that climb, what is no
/// UTF-8) is none of ours. One slash at the end is forgiven.
fn segments(path: &str) -> Option<Vec<String>> {
    let path = path.strip_prefix('/')?;
    let path = path.strip_suffix('/').unwrap_or(path);
    path.split('/').map(decode).collect()
}

fn decode(segment: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(segment.len());
    let mut rest = segment.as_bytes().iter();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => hex(*rest.next()?)? << 4 | hex(*rest.next()?)?,
            byte => *byte,
        });
    }
    let text = String::from_utf8(bytes).ok()?;
    let is_plain = !text.is_empty()
        && text != "."
        && text != ".."
        && !text
            .chars()
            .any(|letter| letter.is_control() || matches!(letter, '/' | '\\'));
    is_plain.then_some(text)
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit)
        .to_digit(16)
        .and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn route(path: &str) -> Option<Route> {
        resolve(path).map(|target| target.route)
    }

    #[test]
    fn the_documents_three_families_of_paths_mean_the_same() {
        for path in [
            "/api/v1/tasks/7",
            "/api/tasks/7",
            "/api/todos/7",
            "/api/user-1/tasks/7",
            "/api/v1/tasks/7/",
        ] {
            assert_eq!(route(path), Some(Route::Task("7".into())), "{path}");
        }
        for path in ["/api/v1/chat", "/api/chat", "/api/user-1/chat"] {
            assert_eq!(route(path), Some(Route::Chat), "{path}");
        }
        assert_eq!(
            route("/api/u/tasks/7/complete"),
            Some(Route::Complete("7".into()))
        );
        assert_eq!(
            resolve("/api/u%40x/tasks").unwrap().path_user.as_deref(),
            Some("u@x")
        );
        assert_eq!(resolve("/api/tasks").unwrap().path_user, None);
    }

    #[test]
    fn what_climbs_or_can_be_read_in_two_ways_is_not_found() {
        for path in [
            "",
            "/",
            "//",
            "/api",
            "/api/v1",
            "/api/v1/",
            "/api/v1//tasks",
            "/api/v1/tasks/../auth/me",
            "/api/v1/tasks/%2e%2e/me",
            "/api/v1/tasks/a%2fb",
            "/api/v1/tasks/a%5Cb",
            "/api/v1/tasks/%",
            "/api/v1/tasks/%z1",
            "/api/v1/tasks/%ff",
            "/api/v1/tasks/a%00",
            "/api/v1/tasks//",
            "/api/v2/tasks",
            "/api/v1/tasks/1/explode",
            "/internal/v1/tasks",
            "/API/v1/tasks",
            "/api/user/todos",
        ] {
            assert_eq!(resolve(path), None, "{path}");
        }
    }

    #[test]
    fn a_calendar_has_a_name_of_its_own_that_is_not_logged() {
        assert_eq!(route("/calendar/abc.ics"), Some(Route::Calendar("abc".into())));
        for path in [
            "/calendar/abc",
            "/calendar",
            "/calendar/a/b.ics",
            "/api/v1/calendar/abc.ics",
        ] {
            assert_eq!(route(path), None, "{path}");
        }
        for path in [
            "/calendar/abc.ics",
            "/calendar/abc",
            "//calendar/abc",
            "/%63alendar/abc.ics",
        ] {
            assert_eq!(without_secret(path), "/calendar/…", "{path}");
        }
        assert_eq!(without_secret("/api/v1/calendar-feed"), "/api/v1/calendar-feed");
    }

    #[test]
    fn every_route_says_what_it_takes() {
        assert!(route("/api/v1/tasks").unwrap().takes(&Method::POST));
        assert!(!route("/api/v1/tasks").unwrap().takes(&Method::DELETE));
        assert!(route("/api/v1/tasks/1/complete").unwrap().takes(&Method::PATCH));
        for path in [
            "/api/v1/tasks/quick",
            "/api/tasks/quick",
            "/api/user-1/tasks/quick",
        ] {
            assert_eq!(route(path), Some(Route::QuickTask), "{path}");
        }
        assert!(!route("/api/v1/tasks/quick").unwrap().takes(&Method::GET));
        assert!(!route("/api/v1/tasks/1/reopen").unwrap().takes(&Method::PATCH));
        assert_eq!(route("/mcp").unwrap().methods(), ["POST"]);
        assert_eq!(route("/api/tasks/7/skip"), Some(Route::Skip("7".into())));
        assert_eq!(route("/api/v1/tasks/7/end-series").unwrap().methods(), ["POST"]);
        assert_eq!(route("/api/v1/mcp"), None);
        assert_eq!(route("/api/v1/tokens/t"), Some(Route::Token("t".into())));
    }
}
