//! What a member of a group was given, in the consumers' own encoding (Kafka's `ConsumerProtocolAssignment`).

use super::TopicPartition;

/// The partitions in an assignment; nothing for what is not one.
pub(super) fn assigned(bytes: &[u8]) -> Option<Vec<TopicPartition>> {
    let mut rest = bytes;
    let _version = take::<2>(&mut rest)?;
    let mut partitions = Vec::new();
    for _topic in 0..count(&mut rest)? {
        let length = usize::from(u16::from_be_bytes(take(&mut rest)?));
        let (name, after) = rest.split_at_checked(length)?;
        rest = after;
        let name = std::str::from_utf8(name).ok()?;
        for _partition in 0..count(&mut rest)? {
            let partition = i32::from_be_bytes(take(&mut rest)?);
            partitions.push(TopicPartition::new(name, partition));
        }
    }
    Some(partitions)
}

/// The length of a list. Each of its elements takes bytes, so one that is longer than what is left ends early.
fn count(rest: &mut &[u8]) -> Option<u32> {
    u32::try_from(i32::from_be_bytes(take(rest)?)).ok()
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (taken, after) = rest.split_first_chunk::<N>()?;
    *rest = after;
    Some(*taken)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_assignment_is_read() {
        let bytes = [
            &[0, 1, 0, 0, 0, 2, 0, 1, b'a', 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 7][..],
            &[0, 2, b'b', b'c', 0, 0, 0, 1, 0, 0, 0, 3, 0xff, 0xff, 0xff, 0xff],
        ]
        .concat();
        let expected = [("a", 0), ("a", 7), ("bc", 3)];
        let expected = expected.map(|(topic, partition)| TopicPartition::new(topic, partition));
        assert_eq!(assigned(&bytes).unwrap(), expected);
    }

    #[test]
    fn what_is_no_assignment_is_left_alone() {
        assert_eq!(assigned(&[]), None);
        assert_eq!(assigned(&[0, 0, 0x7f, 0xff, 0xff, 0xff]), None);
        assert_eq!(assigned(&[0, 0, 0, 0, 0, 1, 0, 9, b'a']), None);
        assert_eq!(assigned(&[0, 0, 0xff, 0xff, 0xff, 0xff]), None);
        assert_eq!(assigned(&[0, 0, 0, 0, 0, 0]), Some(Vec::new()));
    }
}
