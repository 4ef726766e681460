//! What a client must know before it may speak: where the resource is and which tokens open it (RFC 9728), and which pages
//! may call it at all.

use http::header::{CACHE_CONTROL, HeaderValue, ORIGIN};
use http::{HeaderMap, StatusCode, Uri};
use serde_json::json;
use todo_domain::api_token::Scope;
use todo_service::answer::{Answer, json};

use crate::app::App;
use crate::failure::Failure;
use crate::platform::Platform;
use crate::request::Call;

/// GET /.well-known/oauth-protected-resource. The authorization server is the second issuer; where there is none, none is named:
/// tokens are made by their owner at `/api/v1/tokens`.
pub(crate) fn document<P: Platform>(app: &App<P>, call: &Call) -> Answer {
    let base = base(app, call);
    let mut body = json!({
        "resource": format!("{base}/mcp"),
        "resource_name": "Todo Chatbot",
        "bearer_methods_supported": ["header"],
        "scopes_supported": Scope::ALL.map(Scope::as_str),
    });
    if let (Some(issuer), Some(members)) = (&app.issuer, body.as_object_mut()) {
        members.insert("authorization_servers".to_owned(), json!([issuer.name()]));
    }
    let mut answer = json(StatusCode::OK, &body);
    // Where the address comes from the request, no cache may show it to others.
    answer
        .headers_mut()
        .insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

/// The failure, its challenge with where to learn which token is wanted.
pub(super) fn challenge<P: Platform>(failure: Failure, app: &App<P>, call: &Call) -> Failure {
    let metadata = format!(
        "resource_metadata=\"{}/.well-known/oauth-protected-resource/mcp\"",
        base(app, call)
    );
    failure.with_challenge_parameter(&metadata)
}

/// Where the application is reached, as its operator says or else as the request does.
fn base<P: Platform>(app: &App<P>, call: &Call) -> String {
    if !app.settings.public_url.is_empty() {
        return app.settings.public_url.clone();
    }
    let full = call
        .header("spin-full-url")
        .and_then(|url| url.parse::<Uri>().ok());
    let scheme = full.as_ref().and_then(Uri::scheme_str).unwrap_or("http");
    let of_url = full
        .as_ref()
        .and_then(Uri::authority)
        .map(|authority| authority.as_str());
    let host = of_url.or_else(|| call.header("host")).unwrap_or("localhost");
    // It goes into a header between quotes.
    let is_plain = host
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte));
    format!("{scheme}://{}", if is_plain { host } else { "localhost" })
}

/// Whether a page of this origin may call: one of this machine, or the application's own. A page elsewhere that has made its
/// name lead to this machine still shows that name here (DNS rebinding). Programs that are no browsers send none.
pub(super) fn is_own_origin(headers: &HeaderMap, public_url: &str) -> bool {
    let mut origins = headers.get_all(ORIGIN).iter();
    let origin = match (origins.next(), origins.next()) {
        (None, _) => return true,
        (Some(origin), None) => origin.to_str().unwrap_or_default(),
        (Some(_), Some(_)) => return false,
    };
    if !public_url.is_empty() && origin_of(public_url).is_some_and(|own| origin.eq_ignore_ascii_case(&own)) {
        return true;
    }
    let Some(parsed) = origin.parse::<Uri>().ok().filter(|uri| uri.scheme().is_some()) else {
        return false;
    };
    matches!(parsed.host(), Some("localhost" | "127.0.0.1" | "[::1]"))
}

fn origin_of(url: &str) -> Option<String> {
    let url: Uri = url.parse().ok()?;
    Some(format!("{}://{}", url.scheme_str()?, url.authority()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_of_this_machine_and_of_the_application_may_call() {
        let shown = |origins: &[&str]| {
            let mut headers = HeaderMap::new();
            for origin in origins {
                headers.append(ORIGIN, HeaderValue::from_str(origin).unwrap());
            }
            is_own_origin(&headers, "https://tasks.example.com/app")
        };
        let may = |origin: &str| shown(&[origin]);
        for own in [
            "http://localhost:6274",
            "http://127.0.0.1:3000",
            "http://[::1]:3000",
            "https://localhost",
            "https://tasks.example.com",
            "https://TASKS.example.com",
        ] {
            assert!(may(own), "{own}");
        }
        for foreign in [
            "null",
            "",
            "*",
            "http://tasks.example.com",
            "https://tasks.example.com:8443",
            "https://tasks.example.com.evil.example",
            "http://localhost.evil.example",
            "http://127.0.0.1.evil.example",
            "http://evil.example/localhost",
            "http://localhost@evil.example",
            "localhost",
        ] {
            assert!(!may(foreign), "{foreign}");
        }
        assert!(shown(&[]));
        assert!(!shown(&["http://localhost", "http://evil.example"]));
    }
}
