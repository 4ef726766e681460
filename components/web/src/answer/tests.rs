//! Requests and what they get, with the app that is really embedded.

use super::*;

fn get(path: &str, headers: &[(HeaderName, &str)]) -> Response<Bytes> {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        map.append(name, HeaderValue::from_str(value).unwrap());
    }
    answer(&Method::GET, path, &map)
}

fn header(response: &Response<Bytes>, name: HeaderName) -> &str {
    response
        .headers()
        .get(name)
        .map_or("", |value| value.to_str().unwrap())
}

/// The address of the script that the page loads.
fn script() -> String {
    let page = get("/", &[]);
    let page = std::str::from_utf8(page.body()).unwrap();
    let start = page.find("/assets/").unwrap();
    page[start..].split('"').next().unwrap().to_owned()
}

#[test]
fn the_page_is_asked_about_each_time() {
    let response = get("/login", &[]);
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(header(&response, CONTENT_TYPE), "text/html; charset=utf-8");
    assert_eq!(header(&response, CACHE_CONTROL), "no-cache");
    assert_eq!(
        header(&response, CONTENT_LENGTH),
        response.body().len().to_string()
    );
    assert_eq!(response.headers().get(CONTENT_ENCODING), None);
}

#[test]
fn a_hashed_file_is_kept_forever() {
    let response = get(&script(), &[(ACCEPT_ENCODING, "gzip, br")]);
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(header(&response, CONTENT_TYPE), "text/javascript; charset=utf-8");
    assert_eq!(header(&response, CACHE_CONTROL), FOREVER);
    assert_eq!(header(&response, CONTENT_ENCODING), "br");
    assert_eq!(header(&response, VARY), "accept-encoding");
    assert!(response.body().len() < get(&script(), &[(ACCEPT_ENCODING, "gzip")]).body().len());
    assert!(response.body().len() * 2 < get(&script(), &[]).body().len());
}

#[test]
fn every_form_has_its_own_tag() {
    let tags =
        ["", "gzip", "br"].map(|accepted| header(&get("/", &[(ACCEPT_ENCODING, accepted)]), ETAG).to_owned());
    assert!(
        tags.iter().all(|tag| tag.starts_with('"') && tag.ends_with('"')),
        "{tags:?}"
    );
    assert!(
        tags[0] != tags[1] && tags[1] != tags[2] && tags[0] != tags[2],
        "{tags:?}"
    );
}

#[test]
fn a_known_file_is_not_sent_again() {
    let tag = header(&get("/", &[]), ETAG).to_owned();
    for known in [tag.clone(), format!("\"other\", W/{tag}"), "*".to_owned()] {
        let response = get("/", &[(IF_NONE_MATCH, &known)]);
        assert_eq!(response.status(), StatusCode::NOT_MODIFIED, "{known}");
        assert!(response.body().is_empty());
        assert_eq!(header(&response, ETAG), tag);
        assert_eq!(header(&response, CACHE_CONTROL), "no-cache");
    }
    assert_eq!(get("/", &[(IF_NONE_MATCH, "\"other\"")]).status(), StatusCode::OK);
    let other_form = get("/", &[(IF_NONE_MATCH, &tag), (ACCEPT_ENCODING, "br")]);
    assert_eq!(other_form.status(), StatusCode::OK);
    let split = get("/", &[(IF_NONE_MATCH, "\"other\""), (IF_NONE_MATCH, &tag)]);
    assert_eq!(split.status(), StatusCode::NOT_MODIFIED);
}

#[test]
fn an_unknown_file_is_a_problem() {
    for path in [
        "/assets/none.js",
        "/none.png",
        "/assets/../index.html",
        "/%2e%2e/secret",
        "/api/v1/none",
    ] {
        let response = get(path, &[]);
        assert_eq!(response.status(), StatusCode::NOT_FOUND, "{path}");
        assert_eq!(header(&response, CONTENT_TYPE), "application/problem+json");
        assert!(
            std::str::from_utf8(response.body())
                .unwrap()
                .contains(r#""code":"not_found""#)
        );
    }
}

#[test]
fn only_reading_is_allowed() {
    for method in [
        Method::POST,
        Method::PUT,
        Method::DELETE,
        Method::OPTIONS,
        Method::PATCH,
    ] {
        let response = answer(&method, "/", &HeaderMap::new());
        assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED);
        assert_eq!(header(&response, ALLOW), "GET, HEAD");
    }
    let head = answer(&Method::HEAD, "/", &HeaderMap::new());
    assert_eq!(head.status(), StatusCode::OK);
    assert_eq!(
        header(&head, CONTENT_LENGTH),
        header(&get("/", &[]), CONTENT_LENGTH)
    );
}

#[test]
fn every_answer_is_secured() {
    for path in ["/", "/none.js", &script()] {
        let response = get(path, &[]);
        let policy = header(&response, CONTENT_SECURITY_POLICY);
        assert!(
            policy.contains("default-src 'self'") && policy.contains("frame-ancestors 'none'"),
            "{path}"
        );
        assert!(!policy.contains("unsafe"), "{policy}");
        assert_eq!(header(&response, X_CONTENT_TYPE_OPTIONS), "nosniff");
        assert_eq!(header(&response, REFERRER_POLICY), "no-referrer");
    }
}
