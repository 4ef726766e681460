//! What holds for any stream.

use proptest::prelude::*;
use serde_json::{Value, json};
use todo_chat_completions::{Limits, refusal, whole};

use crate::{read, stream};

/// Little, so that random streams reach the limits.
const LIMITS: Limits = Limits {
    bytes: 2_000,
    content: 60,
    tool_calls: 4,
    arguments: 60,
    depth: 12,
};

fn tool_call() -> impl Strategy<Value = Value> {
    let index = prop::option::of(0_u64..4);
    let id = prop::option::of("[ab]{0,2}");
    let name = prop::option::of(prop::sample::select(vec![
        "",
        "add_task",
        "list_tasks",
        "nonsense",
    ]));
    let arguments = prop_oneof![
        Just(Value::Null),
        "[{}\":a1, ]{0,12}".prop_map(Value::from),
        Just(json!({ "title": "x" })),
        Just(json!("{\"task_id\":1}")),
    ];
    (index, id, name, arguments).prop_map(|(index, id, name, arguments)| {
        json!({ "index": index, "id": id, "function": { "name": name, "arguments": arguments } })
    })
}

fn chunk() -> impl Strategy<Value = Value> {
    let content = prop::option::of(".{0,8}");
    let calls = prop::collection::vec(tool_call(), 0..3);
    let finish = prop::option::weighted(
        0.3,
        prop::sample::select(vec!["stop", "length", "tool_calls", "new"]),
    );
    prop_oneof![
        9 => (content, calls, finish).prop_map(|(content, calls, finish)| {
            let delta = json!({ "content": content, "tool_calls": calls });
            json!({ "choices": [{ "index": 0, "delta": delta, "finish_reason": finish }] })
        }),
        1 => Just(json!({ "choices": [], "usage": { "prompt_tokens": 1, "completion_tokens": 2 } })),
        1 => Just(json!({ "error": { "code": "server_error" } })),
    ]
}

/// Pieces that together are the bytes.
fn cut<'a>(bytes: &'a [u8], places: &[prop::sample::Index]) -> Vec<&'a [u8]> {
    let mut places: Vec<_> = places.iter().map(|place| place.index(bytes.len() + 1)).collect();
    places.sort_unstable();
    let mut from = 0;
    let mut pieces = Vec::new();
    for place in places.into_iter().chain([bytes.len()]) {
        pieces.push(&bytes[from..place]);
        from = place;
    }
    pieces
}

proptest! {
    #[test]
    fn however_a_stream_is_cut_it_says_the_same(
        chunks in prop::collection::vec(chunk(), 0..12),
        places in prop::collection::vec(any::<prop::sample::Index>(), 0..20),
        carriage in any::<bool>(),
    ) {
        let text = stream(&chunks);
        let text = if carriage { text.replace('\n', "\r\n") } else { text };
        let whole = read([text.as_bytes()], LIMITS);
        prop_assert_eq!(&whole, &read(cut(text.as_bytes(), &places), LIMITS));
        prop_assert_eq!(&whole, &read(text.as_bytes().chunks(1), LIMITS));
        if let (Ok(answer), told) = whole {
            prop_assert_eq!(&answer.content, &told);
            prop_assert!(answer.content.len() <= LIMITS.content);
            prop_assert!(answer.tool_calls.len() <= LIMITS.tool_calls);
            prop_assert!(answer.content.chars().all(|letter| !letter.is_control() || letter == '\n' || letter == '\t'));
            let mut ids: Vec<_> = answer.tool_calls.iter().map(|call| &call.id).collect();
            ids.sort_unstable();
            ids.dedup();
            prop_assert_eq!(ids.len(), answer.tool_calls.len());
        }
    }

    #[test]
    fn a_text_comes_out_as_it_went_in(pieces in prop::collection::vec("[^\\p{Cc}]{0,6}", 0..10)) {
        let mut chunks: Vec<_> = pieces
            .iter()
            .map(|piece| json!({ "choices": [{ "delta": { "content": piece } }] }))
            .collect();
        chunks.push(json!({ "choices": [{ "delta": {}, "finish_reason": "stop" }] }));
        let text = stream(&chunks);
        let (answer, told) = read(text.as_bytes().chunks(3), Limits::default());
        prop_assert_eq!(&told, &pieces.concat());
        prop_assert_eq!(answer.unwrap().content, told);
    }

    #[test]
    fn any_bytes_are_an_answer_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..400), events in any::<bool>()) {
        let bytes = if events {
            let mut framed = b"data: {\"choices\":[{\"delta\":".to_vec();
            framed.extend(&bytes);
            framed
        } else {
            bytes
        };
        let whole_read = read([bytes.as_slice()], LIMITS);
        prop_assert_eq!(whole_read, read(bytes.chunks(1), LIMITS));
        whole(&bytes, LIMITS).ok();
        prop_assert_eq!(refusal(400, &bytes, LIMITS).status, 400);
    }
}
