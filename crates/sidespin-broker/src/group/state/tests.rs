//! Groups through their life, with time given by hand.

use std::time::Duration;

use tokio::sync::oneshot::error::TryRecvError;

use super::*;
use crate::group::member::{Joined, Protocol};

const SESSION: Duration = Duration::from_secs(10);
const REBALANCE: Duration = Duration::from_secs(60);

fn request(member_id: &str, protocols: &[&str]) -> JoinRequest {
    let protocols = protocols.iter().map(|name| Protocol {
        name: (*name).to_owned(),
        metadata: Bytes::from(format!("{member_id} in {name}")),
    });
    JoinRequest {
        member_id: member_id.to_owned(),
        client_id: "client".to_owned(),
        session_timeout: SESSION,
        rebalance_timeout: REBALANCE,
        protocol_type: "consumer".to_owned(),
        protocols: protocols.collect(),
        ..JoinRequest::default()
    }
}

fn static_request(instance: &str) -> JoinRequest {
    JoinRequest {
        instance_id: Some(instance.to_owned()),
        can_skip_assignment: true,
        ..request("", &["range"])
    }
}

fn group() -> Group {
    Group::new(0, String::new())
}

fn now_or_ready<T>(answer: Answer<T>) -> T {
    match answer {
        Answer::Now(value) => value,
        Answer::Later(mut receiver) => receiver.try_recv().expect("the answer should be there"),
    }
}

fn waiting<T>(answer: Answer<T>) -> tokio::sync::oneshot::Receiver<T> {
    match answer {
        Answer::Now(_) => panic!("the answer should not be there yet"),
        Answer::Later(mut receiver) => {
            assert_eq!(receiver.try_recv().err(), Some(TryRecvError::Empty));
            receiver
        }
    }
}

fn join_error(answer: Answer<JoinResult>) -> ResponseError {
    now_or_ready(answer).unwrap_err().error
}

fn sync_all(group: &mut Group, ids: &[&str], now: Instant) {
    let assignments = ids
        .iter()
        .map(|id| ((*id).to_owned(), Bytes::from(format!("for {id}"))))
        .collect();
    let leader = group.leader.clone();
    let generation = group.generation;
    assert!(now_or_ready(group.sync(&leader, generation, assignments, now)).is_ok());
}

/// A stable group of two, whose first member leads.
fn stable_pair(now: Instant) -> (Group, Joined, Joined) {
    let mut group = group();
    let first = now_or_ready(group.join(request("", &["range", "roundrobin"]), now)).unwrap();
    sync_all(&mut group, &[&first.member_id], now);
    let second = waiting(group.join(request("", &["range"]), now));
    let again = group.join(request(&first.member_id, &["range", "roundrobin"]), now);
    let first = now_or_ready(again).unwrap();
    let second = now_or_ready(Answer::Later(second)).unwrap();
    let follower = waiting(group.sync(&second.member_id, second.generation, HashMap::new(), now));
    sync_all(&mut group, &[&first.member_id, &second.member_id], now);
    let synced = now_or_ready(Answer::Later(follower)).unwrap();
    assert_eq!(synced.assignment, format!("for {}", second.member_id));
    (group, first, second)
}

#[test]
fn one_member_joins_at_once() {
    let now = Instant::now();
    let mut group = group();
    let joined = now_or_ready(group.join(request("", &["range"]), now)).unwrap();
    assert_eq!(
        (joined.generation, joined.leader.as_str()),
        (1, joined.member_id.as_str())
    );
    assert_eq!((joined.protocol.as_str(), joined.members.len()), ("range", 1));
    assert_eq!(group.phase, Phase::CompletingRebalance);
    sync_all(&mut group, &[&joined.member_id], now);
    assert_eq!(group.phase, Phase::Stable);
    assert_eq!(group.heartbeat(&joined.member_id, 1, now), Ok(()));
    assert_eq!(
        group.heartbeat(&joined.member_id, 2, now),
        Err(ResponseError::IllegalGeneration)
    );
}

#[test]
fn a_new_client_is_given_its_id_first() {
    let now = Instant::now();
    let mut group = group();
    let first = JoinRequest {
        takes_member_id_first: true,
        ..request("", &["range"])
    };
    let refused = now_or_ready(group.join(first, now)).unwrap_err();
    assert_eq!(refused.error, ResponseError::MemberIdRequired);
    let joined = now_or_ready(group.join(request(&refused.member_id, &["range"]), now)).unwrap();
    assert_eq!(joined.member_id, refused.member_id);
    assert_eq!(
        join_error(group.join(request("somebody", &["range"]), now)),
        ResponseError::UnknownMemberId
    );
}

#[test]
fn a_promised_id_that_nobody_uses_is_forgotten() {
    let now = Instant::now();
    let mut group = group();
    let first = JoinRequest {
        takes_member_id_first: true,
        ..request("", &["range"])
    };
    let promised = now_or_ready(group.join(first, now)).unwrap_err().member_id;
    assert_eq!(group.expire(now), Some(now + SESSION));
    assert_eq!(group.expire(now + SESSION), None);
    assert!(group.is_unused());
    assert_eq!(
        join_error(group.join(request(&promised, &["range"]), now)),
        ResponseError::UnknownMemberId
    );
}

#[test]
fn two_members_share_and_agree_on_a_protocol() {
    let (group, first, second) = stable_pair(Instant::now());
    assert_eq!((first.generation, second.generation), (2, 2));
    assert_eq!(
        (first.leader.as_str(), second.leader.as_str()),
        (first.member_id.as_str(), first.member_id.as_str())
    );
    assert_eq!((first.members.len(), second.members.len()), (2, 0));
    assert_eq!((group.protocol.as_str(), group.phase), ("range", Phase::Stable));
}

#[test]
fn a_member_with_no_common_protocol_is_refused() {
    let now = Instant::now();
    let (mut group, ..) = stable_pair(now);
    let refused = group.join(request("", &["roundrobin"]), now);
    assert_eq!(join_error(refused), ResponseError::InconsistentGroupProtocol);
    let other_type = JoinRequest {
        protocol_type: "connect".to_owned(),
        ..request("", &["range"])
    };
    assert_eq!(
        join_error(group.join(other_type, now)),
        ResponseError::InconsistentGroupProtocol
    );
    assert_eq!(group.phase, Phase::Stable);
}

#[test]
fn when_a_member_leaves_the_other_is_told_and_goes_on_alone() {
    let now = Instant::now();
    let (mut group, first, second) = stable_pair(now);
    assert_eq!(group.leave(&first.member_id, None, now), Ok(()));
    assert_eq!(
        group.heartbeat(&second.member_id, 2, now),
        Err(ResponseError::RebalanceInProgress)
    );
    let joined = now_or_ready(group.join(request(&second.member_id, &["range"]), now)).unwrap();
    assert_eq!((joined.generation, joined.leader), (3, second.member_id.clone()));
    assert_eq!(
        group.leave(&first.member_id, None, now),
        Err(ResponseError::UnknownMemberId)
    );
    assert_eq!(group.leave(&second.member_id, None, now), Ok(()));
    assert_eq!((group.phase, group.is_unused()), (Phase::Empty, true));
}

#[test]
fn a_silent_member_is_out_after_its_session() {
    let now = Instant::now();
    let (mut group, first, second) = stable_pair(now);
    let later = now + SESSION / 2;
    group.heartbeat(&second.member_id, 2, later).unwrap();
    assert_eq!(group.expire(later), Some(now + SESSION));
    group.expire(now + SESSION);
    assert!(!group.members.contains_key(&first.member_id));
    assert_eq!(group.phase, Phase::PreparingRebalance);
}

#[test]
fn a_rebalance_does_not_wait_for_ever() {
    let now = Instant::now();
    let (mut group, first, second) = stable_pair(now);
    let third = waiting(group.join(request("", &["range"]), now));
    let again = waiting(group.join(request(&first.member_id, &["range"]), now));
    // The second one keeps saying that it is alive, but does not join.
    let mut time = now;
    while time < now + REBALANCE {
        time += SESSION / 2;
        let beat = group.heartbeat(&second.member_id, 2, time);
        assert!(matches!(
            beat,
            Err(ResponseError::RebalanceInProgress | ResponseError::UnknownMemberId)
        ));
        group.expire(time);
    }
    assert_eq!(now_or_ready(Answer::Later(again)).unwrap().members.len(), 2);
    assert_eq!(now_or_ready(Answer::Later(third)).unwrap().generation, 3);
}

#[test]
fn a_member_whose_connection_is_gone_is_not_waited_for() {
    let now = Instant::now();
    let (mut group, first, second) = stable_pair(now);
    drop(waiting(group.join(request("", &["range"]), now)));
    let again = waiting(group.join(request(&first.member_id, &["range"]), now));
    let other = waiting(group.join(request(&second.member_id, &["range"]), now));
    group.expire(now + SESSION);
    assert_eq!(now_or_ready(Answer::Later(again)).unwrap().members.len(), 2);
    assert!(now_or_ready(Answer::Later(other)).is_ok());
}

#[test]
fn who_waits_for_the_leader_hears_of_a_new_rebalance() {
    let now = Instant::now();
    let (mut group, first, second) = stable_pair(now);
    let again = waiting(group.join(request(&first.member_id, &["range"]), now));
    let other = now_or_ready(group.join(request(&second.member_id, &["range"]), now)).unwrap();
    assert!(now_or_ready(Answer::Later(again)).is_ok());
    let syncing = waiting(group.sync(&second.member_id, other.generation, HashMap::new(), now));
    let _third = waiting(group.join(request("", &["range"]), now));
    assert_eq!(
        now_or_ready(Answer::Later(syncing)),
        Err(ResponseError::RebalanceInProgress)
    );
    let early = group.sync(&second.member_id, other.generation, HashMap::new(), now);
    assert_eq!(now_or_ready(early), Err(ResponseError::RebalanceInProgress));
}

#[test]
fn a_static_member_takes_its_old_place_without_a_rebalance() {
    let now = Instant::now();
    let mut group = group();
    let joined = now_or_ready(group.join(static_request("one"), now)).unwrap();
    sync_all(&mut group, &[&joined.member_id], now);
    let back = now_or_ready(group.join(static_request("one"), now)).unwrap();
    assert_ne!(back.member_id, joined.member_id);
    assert_eq!(
        (back.generation, back.skip_assignment, back.leader.clone()),
        (1, true, back.member_id.clone())
    );
    assert_eq!(group.phase, Phase::Stable);
    let synced = now_or_ready(group.sync(&back.member_id, 1, HashMap::new(), now)).unwrap();
    assert_eq!(synced.assignment, format!("for {}", joined.member_id));
    let fenced = group.check_member(&joined.member_id, Some("one"));
    assert_eq!(fenced, Err(ResponseError::FencedInstanceId));
    assert_eq!(group.leave("", Some("one"), now), Ok(()));
    assert_eq!(group.phase, Phase::Empty);
}

#[test]
fn an_older_client_that_takes_its_place_is_not_told_to_lead() {
    let now = Instant::now();
    let mut group = group();
    let joined = now_or_ready(group.join(static_request("one"), now)).unwrap();
    sync_all(&mut group, &[&joined.member_id], now);
    let old = JoinRequest {
        can_skip_assignment: false,
        ..static_request("one")
    };
    let back = now_or_ready(group.join(old, now)).unwrap();
    assert_eq!(
        (back.leader, back.members.len(), back.skip_assignment),
        (joined.member_id, 0, false)
    );
}

#[test]
fn a_group_has_room_for_so_many() {
    let now = Instant::now();
    let mut group = group();
    for _ in 0..MAX_MEMBERS {
        let first = JoinRequest {
            takes_member_id_first: true,
            ..request("", &["range"])
        };
        assert_eq!(
            join_error(group.join(first, now)),
            ResponseError::MemberIdRequired
        );
    }
    assert_eq!(
        join_error(group.join(request("", &["range"]), now)),
        ResponseError::GroupMaxSizeReached
    );
}
