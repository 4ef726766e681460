//! The service is as its description says: its methods are described and no others, and so is every answer of all these tests.

use std::sync::LazyLock;

use bytes::Bytes;
use http::Request;
use serde_json::Value;
use todo_openapi::{Contract, Exchange, Service, routes};
use todo_service::answer::Answer;
use todo_service::authenticate::testing::TestIssuer;

use super::{Fixture, NOW};

static CONTRACT: LazyLock<Contract> = LazyLock::new(|| Contract::of(Service::Notification));

/// Holds an answer against the description.
#[track_caller]
pub(super) fn is_kept(request: &Request<Bytes>, answer: &Answer) {
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
fn the_methods_of_every_path_are_those_that_are_described() {
    let fixture = Fixture::new();
    for (path, methods) in routes(Service::Notification) {
        let uri = path.replace("{id}", "a");
        let request = TestIssuer::request("ann", NOW).method("TRACE").uri(uri);
        let request = request.body(Bytes::new()).unwrap();
        let time = super::now();
        let failure = futures::executor::block_on(fixture.service.answer(&request, time, 0)).unwrap_err();
        let answer = failure.answer(path, "");
        let problem: Value = serde_json::from_slice(answer.body()).unwrap();
        assert_eq!(answer.status(), 405, "{problem}");
        let mut allowed: Vec<String> = answer.headers()["allow"]
            .to_str()
            .unwrap()
            .split(", ")
            .map(str::to_owned)
            .collect();
        allowed.retain(|method| method != "HEAD");
        allowed.sort_unstable();
        let mut methods = methods;
        methods.sort_unstable();
        assert_eq!(allowed, methods, "{path}");
    }
}
