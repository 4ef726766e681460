//! Every answer of all these tests is as the description says.

use std::sync::LazyLock;

use bytes::Bytes;
use http::Request;
use todo_openapi::{Contract, Exchange, Service, routes};
use todo_service::answer::Answer;

static CONTRACT: LazyLock<Contract> = LazyLock::new(|| Contract::of(Service::Audit));

/// Holds an answer against the description. What only scrapers inside reach has none.
#[track_caller]
pub(super) fn is_kept(request: &Request<Bytes>, answer: &Answer) {
    if request.uri().path().starts_with("/internal/") {
        return;
    }
    let exchange = Exchange {
        method: request.method().as_str(),
        target: request.uri().path(),
        sent: request.body(),
        status: answer.status().as_u16(),
        headers: answer.headers(),
        received: answer.body(),
    };
    if let Err(difference) = CONTRACT.check(&exchange) {
        panic!("{difference}");
    }
}

#[test]
fn the_history_is_all_that_is_described() {
    assert_eq!(
        routes(Service::Audit),
        [("/api/v1/audit", vec!["GET".to_owned()])]
    );
}
