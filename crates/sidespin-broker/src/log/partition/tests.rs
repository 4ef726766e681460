//! Appending, reading, rolling, recovering and deleting.

use std::io::Write;

use super::*;
use crate::log::batch::BatchHeader;
use crate::log::batch::tests::produced;
use crate::log::segment::file_name;
use std::path::Path;

const KEEPING: Keeping = Keeping {
    segment_bytes: 400,
    retention: None,
    retention_bytes: None,
};

fn open(directory: &Path, keeping: Keeping) -> Partition {
    Partition::open(directory.join("topic-0"), keeping).unwrap()
}

/// One batch of two records per step: at offsets 2n and 2n + 1, made at 1000 n and 1000 n + 500.
fn fill(partition: &Partition, steps: i64) {
    for step in 0..steps {
        let batch = produced(&[(step * 1000, "first"), (step * 1000 + 500, "second")]);
        assert_eq!(partition.append(&batch), Ok(step * 2));
    }
}

/// The offsets of the batches in `bytes`.
fn offsets(mut bytes: &[u8]) -> Vec<(i64, i64)> {
    let mut offsets = Vec::new();
    while let Some(header) = BatchHeader::parse(bytes) {
        assert!(header.is_intact(&bytes[..header.size]));
        offsets.push((header.base_offset, header.last_offset()));
        bytes = &bytes[header.size..];
    }
    assert!(bytes.is_empty());
    offsets
}

fn read_everything(partition: &Partition) -> Vec<(i64, i64)> {
    let mut found = Vec::new();
    let Bounds { start, end } = partition.bounds().unwrap();
    let mut next = start;
    while next < end {
        let (bytes, _bounds) = partition.read(next, 200).unwrap();
        let batches = offsets(&bytes);
        next = batches.last().unwrap().1 + 1;
        found.extend(batches);
    }
    found
}

fn segments(directory: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(directory.join("topic-0"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    paths
}

#[test]
fn every_offset_is_found_in_every_segment() {
    let directory = tempfile::tempdir().unwrap();
    let partition = open(directory.path(), KEEPING);
    fill(&partition, 20);
    assert!(segments(directory.path()).len() > 3);
    for reopened in [partition, open(directory.path(), KEEPING)] {
        assert_eq!(reopened.bounds(), Ok(Bounds { start: 0, end: 40 }));
        for offset in 0..40 {
            let (bytes, _bounds) = reopened.read(offset, 1).unwrap();
            assert_eq!(
                offsets(&bytes),
                [(offset / 2 * 2, offset / 2 * 2 + 1)],
                "offset {offset}"
            );
        }
        assert!(reopened.read(40, 1000).unwrap().0.is_empty());
        assert_eq!(
            reopened.read(41, 1).unwrap_err().error,
            ResponseError::OffsetOutOfRange
        );
        assert_eq!(
            reopened.read(-1, 1).unwrap_err().error,
            ResponseError::OffsetOutOfRange
        );
        assert_eq!(read_everything(&reopened).len(), 20);
    }
}

#[test]
fn a_batch_larger_than_asked_for_is_served_whole() {
    let directory = tempfile::tempdir().unwrap();
    let partition = open(
        directory.path(),
        Keeping {
            segment_bytes: 1 << 20,
            ..KEEPING
        },
    );
    let large = "x".repeat(100_000);
    fill(&partition, 1);
    partition.append(&produced(&[(5, &large)])).unwrap();
    partition.append(&produced(&[(6, "after")])).unwrap();
    let (bytes, _bounds) = partition.read(2, 10).unwrap();
    assert_eq!(offsets(&bytes), [(2, 2)]);
    let (bytes, _bounds) = partition.read(3, 10).unwrap();
    assert_eq!(offsets(&bytes), [(3, 3)]);
}

#[test]
fn a_torn_end_is_cut_off_and_the_log_goes_on() {
    let directory = tempfile::tempdir().unwrap();
    fill(&open(directory.path(), KEEPING), 5);
    let last = segments(directory.path()).pop().unwrap();
    let whole = std::fs::read(&last).unwrap();
    for torn in [1, 30, 61, 70] {
        std::fs::write(&last, [&whole[..], &whole[..torn]].concat()).unwrap();
        let partition = open(directory.path(), KEEPING);
        assert_eq!(partition.bounds().unwrap().end, 10, "{torn} bytes too many");
        assert_eq!(std::fs::read(&last).unwrap(), whole);
    }
    let mut flipped = whole.clone();
    *flipped.last_mut().unwrap() ^= 1;
    std::fs::write(&last, flipped).unwrap();
    let partition = open(directory.path(), KEEPING);
    assert_eq!(partition.bounds().unwrap().end, 8);
    assert_eq!(partition.append(&produced(&[(1, "again")])), Ok(8));
    assert_eq!(
        read_everything(&open(directory.path(), KEEPING)).last(),
        Some(&(8, 8))
    );
}

#[test]
fn damage_in_the_segment_before_the_last_costs_only_that() {
    let directory = tempfile::tempdir().unwrap();
    fill(&open(directory.path(), KEEPING), 20);
    let paths = segments(directory.path());
    let damaged = &paths[paths.len() - 2];
    let length = std::fs::metadata(damaged).unwrap().len();
    std::fs::OpenOptions::new()
        .write(true)
        .open(damaged)
        .unwrap()
        .set_len(length - 1)
        .unwrap();
    let partition = open(directory.path(), KEEPING);
    assert_eq!(partition.bounds().unwrap().end, 40);
    let found = read_everything(&partition);
    assert_eq!(found.len(), 19);
    let gap = (0..20)
        .map(|step| step * 2)
        .find(|base| !found.iter().any(|(found, _)| found == base))
        .unwrap();
    let (bytes, _bounds) = partition.read(gap, 1).unwrap();
    assert_eq!(offsets(&bytes), [(gap + 2, gap + 3)]);
}

#[test]
fn other_files_in_the_directory_do_not_matter() {
    let directory = tempfile::tempdir().unwrap();
    fill(&open(directory.path(), KEEPING), 2);
    for name in ["notes.txt", "1.log", "0000000000000000000x.log"] {
        std::fs::File::create(directory.path().join("topic-0").join(name))
            .unwrap()
            .write_all(b"hello")
            .unwrap();
    }
    assert_eq!(open(directory.path(), KEEPING).bounds().unwrap().end, 4);
}

#[test]
fn a_time_is_found_in_every_segment() {
    let directory = tempfile::tempdir().unwrap();
    let partition = open(directory.path(), KEEPING);
    fill(&partition, 20);
    for reopened in [partition, open(directory.path(), KEEPING)] {
        for (timestamp, offset, found) in [
            (-5, 0, 0),
            (1, 1, 500),
            (500, 1, 500),
            (501, 2, 1000),
            (13_400, 27, 13_500),
            (19_500, 39, 19_500),
        ] {
            assert_eq!(
                reopened.first_at_or_after(timestamp),
                Ok(Some(RecordTime {
                    offset,
                    timestamp: found
                }))
            );
        }
        assert_eq!(reopened.first_at_or_after(19_501), Ok(None));
        assert_eq!(
            reopened.newest(),
            Ok(Some(RecordTime {
                offset: 39,
                timestamp: 19_500
            }))
        );
    }
}

#[test]
fn an_empty_partition_answers_everything() {
    let directory = tempfile::tempdir().unwrap();
    let partition = open(directory.path(), KEEPING);
    assert_eq!(partition.bounds(), Ok(Bounds { start: 0, end: 0 }));
    assert!(partition.read(0, 100).unwrap().0.is_empty());
    assert_eq!(
        (
            partition.available(0),
            partition.first_at_or_after(0),
            partition.newest()
        ),
        (Ok(0), Ok(None), Ok(None))
    );
    partition.sync().unwrap();
    assert_eq!(partition.enforce_retention(SystemTime::now()).unwrap(), 0);
}

#[test]
fn the_oldest_segments_go_when_there_is_too_much() {
    let directory = tempfile::tempdir().unwrap();
    let keeping = Keeping {
        retention_bytes: Some(800),
        ..KEEPING
    };
    let partition = open(directory.path(), keeping);
    fill(&partition, 40);
    assert!(partition.enforce_retention(SystemTime::now()).unwrap() > 0);
    let kept = partition.bounds().unwrap();
    assert!(kept.start > 0 && kept.end == 80);
    let bytes: u64 = segments(directory.path())
        .iter()
        .map(|path| std::fs::metadata(path).unwrap().len())
        .sum();
    assert!((800..1600).contains(&bytes), "{bytes}");
    assert_eq!(
        partition.read(0, 1).unwrap_err().error,
        ResponseError::OffsetOutOfRange
    );
    assert_eq!(open(directory.path(), keeping).bounds(), Ok(kept));
}

#[test]
fn when_everything_is_too_old_the_offsets_go_on() {
    let directory = tempfile::tempdir().unwrap();
    let keeping = Keeping {
        retention: Some(Duration::from_secs(3600)),
        ..KEEPING
    };
    let partition = open(directory.path(), keeping);
    fill(&partition, 10);
    let later = SystemTime::now() + Duration::from_secs(3000);
    assert_eq!(partition.enforce_retention(later).unwrap(), 0);
    let much_later = SystemTime::now() + Duration::from_secs(4000);
    assert!(partition.enforce_retention(much_later).unwrap() > 0);
    let empty = Ok(Bounds { start: 20, end: 20 });
    assert_eq!(partition.bounds(), empty);
    let reopened = open(directory.path(), keeping);
    assert_eq!(reopened.bounds(), empty);
    assert_eq!(reopened.append(&produced(&[(1, "next")])), Ok(20));
    assert!(segments(directory.path())[0].ends_with(file_name(20)));
}

#[test]
fn a_synced_segment_that_is_full_is_closed() {
    let directory = tempfile::tempdir().unwrap();
    let partition = open(directory.path(), KEEPING);
    fill(&partition, 20);
    let open_files = |partition: &Partition| {
        let log = partition.log.lock().unwrap();
        (
            log.segments
                .sealed
                .iter()
                .filter(|segment| segment.file.is_some())
                .count(),
            log.segments.active.file.is_some(),
        )
    };
    assert_eq!(open_files(&partition), (1, true));
    partition.sync().unwrap();
    assert_eq!(open_files(&partition), (0, true));
}

#[test]
fn a_deleted_partition_is_gone_for_those_who_still_hold_it() {
    let directory = tempfile::tempdir().unwrap();
    let partition = open(directory.path(), KEEPING);
    fill(&partition, 3);
    partition.delete().unwrap();
    assert!(!directory.path().join("topic-0").exists());
    let refused = partition.append(&produced(&[(1, "late")])).unwrap_err();
    assert_eq!(refused.error, ResponseError::UnknownTopicOrPartition);
    assert!(partition.bounds().is_err());
    partition.sync().unwrap();
}

#[tokio::test]
async fn an_append_wakes_a_watching_fetch_even_before_it_waits() {
    let directory = tempfile::tempdir().unwrap();
    let partition = open(directory.path(), KEEPING);
    let fetch = Arc::new(Notify::new());
    partition.watch(&fetch);
    partition.watch(&fetch);
    fill(&partition, 1);
    fetch.notified().await;
    partition.watch(&fetch);
    partition.unwatch(&fetch);
    assert!(partition.log.lock().unwrap().waiting.is_empty());
}
