//! Which component a path belongs to.
//!
//! A pattern is a path whose segments are literal, `:name` for any one segment, or a final `...` for any number of them,
//! none included. Where several match, the most specific decides, segment by segment from the left: literal before
//! `:name` before `...`.

use std::cmp::Ordering;

use sidespin_app::{ComponentId, Diagnostic, TriggerEntry};

use crate::headers::RouteHeaders;

/// All routes, the most specific first.
#[derive(Debug)]
pub(crate) struct Router {
    routes: Vec<Route>,
}

#[derive(Debug)]
struct Route {
    pattern: String,
    headers: RouteHeaders,
    segments: Vec<Segment>,
    component: ComponentId,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Segment {
    Literal(String),
    Parameter(String),
    Rest,
}

/// What a path led to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Matched<'a> {
    pub(crate) component: &'a ComponentId,
    /// The pattern as the manifest has it.
    pub(crate) pattern: &'a str,
    /// What the component is told of the pattern.
    pub(crate) headers: &'a RouteHeaders,
    /// The values of the `:name` segments.
    pub(crate) parameters: Vec<(&'a str, String)>,
    /// What `...` stood for, with its leading slash; empty for a pattern without one.
    pub(crate) rest: String,
}

impl Router {
    pub(crate) fn new(entries: Vec<(String, &TriggerEntry)>) -> Result<Self, Diagnostic> {
        let mut routes: Vec<Route> = Vec::with_capacity(entries.len());
        for (pattern, entry) in entries {
            let segments = parse(&pattern).map_err(|reason| {
                Diagnostic::new(format!(
                    "the route `{pattern}` of `{}` is not valid: {reason}",
                    entry.component
                ))
                .at(entry.location_of("route").cloned())
                .hint("a route begins with `/`; its segments are text, `:name`, or `...` as the last one")
            })?;
            if let Some(other) = routes.iter().find(|route| same_paths(&route.segments, &segments)) {
                return Err(Diagnostic::new(format!(
                    "the routes of `{}` and `{}` are the same: `{pattern}`",
                    other.component, entry.component
                ))
                .at(entry.location_of("route").cloned())
                .hint("give one of them another path, or `route = { private = true }`"));
            }
            routes.push(Route {
                headers: RouteHeaders::new(&pattern),
                pattern,
                segments,
                component: entry.component.clone(),
            });
        }
        routes.sort_by(|left, right| specificity(&left.segments, &right.segments));
        Ok(Self { routes })
    }

    pub(crate) fn find(&self, path: &str) -> Option<Matched<'_>> {
        let path: Vec<&str> = segments_of(path).collect();
        self.routes.iter().find_map(|route| {
            let (parameters, rest) = matches(&route.segments, &path)?;
            Some(Matched {
                component: &route.component,
                pattern: &route.pattern,
                headers: &route.headers,
                parameters,
                rest,
            })
        })
    }

    pub(crate) fn patterns(&self) -> impl Iterator<Item = (&str, &ComponentId)> {
        self.routes
            .iter()
            .map(|route| (route.pattern.as_str(), &route.component))
    }
}

/// The segments between slashes; a trailing slash makes no segment.
fn segments_of(path: &str) -> impl Iterator<Item = &str> {
    let path = path.strip_prefix('/').unwrap_or(path);
    let path = path.strip_suffix('/').unwrap_or(path);
    path.split('/').filter(move |_segment| !path.is_empty())
}

fn parse(pattern: &str) -> Result<Vec<Segment>, &'static str> {
    if !pattern.starts_with('/') {
        return Err("it does not begin with `/`");
    }
    let mut parsed = Vec::new();
    for segment in segments_of(pattern) {
        if parsed.last() == Some(&Segment::Rest) {
            return Err("`...` is not its last segment");
        }
        parsed.push(match segment {
            "" => return Err("it has an empty segment"),
            "..." => Segment::Rest,
            ":" => return Err("a parameter has no name"),
            _ => match segment.strip_prefix(':') {
                Some(name) => Segment::Parameter(name.to_owned()),
                None => Segment::Literal(segment.to_owned()),
            },
        });
    }
    Ok(parsed)
}

fn rank(segment: &Segment) -> u8 {
    match segment {
        Segment::Literal(_) => 0,
        Segment::Parameter(_) => 1,
        Segment::Rest => 2,
    }
}

fn specificity(left: &[Segment], right: &[Segment]) -> Ordering {
    left.iter()
        .map(rank)
        .cmp(right.iter().map(rank))
        .then_with(|| left.cmp(right))
}

fn same_paths(left: &[Segment], right: &[Segment]) -> bool {
    left.len() == right.len()
        && left.iter().zip(right).all(|pair| match pair {
            (Segment::Literal(left), Segment::Literal(right)) => left == right,
            (left, right) => rank(left) == rank(right),
        })
}

type Captured<'a> = (Vec<(&'a str, String)>, String);

fn matches<'a>(pattern: &'a [Segment], path: &[&str]) -> Option<Captured<'a>> {
    let mut parameters = Vec::new();
    let mut remaining = path.iter();
    for segment in pattern {
        match segment {
            Segment::Rest => {
                let mut rest = String::new();
                for segment in remaining {
                    rest.push('/');
                    rest.push_str(segment);
                }
                return Some((parameters, rest));
            }
            Segment::Literal(literal) => {
                if remaining.next()? != literal {
                    return None;
                }
            }
            Segment::Parameter(name) => {
                let value = remaining.next()?;
                parameters.push((name.as_str(), (*value).to_owned()));
            }
        }
    }
    remaining.next().is_none().then_some((parameters, String::new()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(component: &str) -> TriggerEntry {
        TriggerEntry {
            id: format!("http-{component}"),
            trigger_type: "http".to_owned(),
            component: ComponentId::from(component),
            config: serde_json::Value::Null,
            location: None,
            key_locations: std::collections::BTreeMap::new(),
        }
    }

    #[track_caller]
    fn check(patterns: &[&str], path: &str, expected: Option<&str>) {
        let entries: Vec<_> = patterns.iter().map(|pattern| entry(pattern)).collect();
        let entries = patterns
            .iter()
            .zip(&entries)
            .map(|(pattern, entry)| ((*pattern).to_owned(), entry));
        let router = Router::new(entries.collect()).unwrap();
        assert_eq!(
            router.find(path).map(|matched| matched.pattern),
            expected,
            "{path}"
        );
    }

    #[test]
    fn the_most_specific_route_wins_whatever_the_order() {
        let patterns = [
            "/...",
            "/api/...",
            "/api/v1/audit/...",
            "/api/:version",
            "/api/v1",
            "/api/v1/audit",
        ];
        check(&patterns, "/", Some("/..."));
        check(&patterns, "/index.html", Some("/..."));
        check(&patterns, "/api", Some("/api/..."));
        check(&patterns, "/api/v1", Some("/api/v1"));
        check(&patterns, "/api/v2", Some("/api/:version"));
        check(&patterns, "/api/v2/tasks", Some("/api/..."));
        check(&patterns, "/api/v1/audit", Some("/api/v1/audit"));
        check(&patterns, "/api/v1/audit/", Some("/api/v1/audit"));
        check(&patterns, "/api/v1/audit/7", Some("/api/v1/audit/..."));
        check(&["/exact"], "/exact/more", None);
        check(&["/"], "/", Some("/"));
        check(&["/"], "/a", None);
    }

    #[test]
    fn parameters_and_the_rest_are_captured() {
        let user = entry("user");
        let router = Router::new(vec![("/users/:id/...".to_owned(), &user)]).unwrap();
        let matched = router.find("/users/7/tasks/1").unwrap();
        assert_eq!(matched.parameters, [("id", "7".to_owned())]);
        assert_eq!(matched.rest, "/tasks/1");
    }

    #[test]
    fn bad_and_double_routes_are_refused() {
        let one = entry("one");
        for bad in ["api", "/a/.../b", "/a//b", "/:"] {
            assert!(Router::new(vec![(bad.to_owned(), &one)]).is_err(), "{bad}");
        }
        assert!(Router::new(vec![("/:a".to_owned(), &one), ("/:b".to_owned(), &one)]).is_err());
    }
}
