//! One list out of two that were ranked in different ways.

use crate::Hit;

/// How quickly a place further down counts less.
const FLATNESS: f64 = 10.0;

/// The best of both lists, each best first: what stands high in both comes first (reciprocal ranks). Each hit keeps the
/// better of its scores.
#[must_use]
pub fn fuse(left: Vec<Hit>, right: Vec<Hit>, limit: usize) -> Vec<Hit> {
    let mut fused: Vec<(f64, Hit)> = Vec::new();
    for list in [left, right] {
        let mut place = FLATNESS;
        for hit in list {
            let counts = 1.0 / place;
            place += 1.0;
            let known = fused
                .iter_mut()
                .find(|(_counts, known)| known.kind == hit.kind && known.id == hit.id);
            match known {
                Some((sum, known)) => {
                    *sum += counts;
                    known.score = known.score.max(hit.score);
                }
                None => fused.push((counts, hit)),
            }
        }
    }
    fused.sort_by(|(left, left_hit), (right, right_hit)| {
        right
            .total_cmp(left)
            .then(right_hit.score.total_cmp(&left_hit.score))
    });
    fused.into_iter().map(|(_counts, hit)| hit).take(limit).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Kind;

    fn hit(id: &str, score: f64) -> Hit {
        Hit {
            kind: Kind::Faq,
            id: id.to_owned(),
            title: String::new(),
            text: String::new(),
            score,
            number: None,
        }
    }

    #[test]
    fn what_both_find_comes_first() {
        let words = vec![hit("a", 0.9), hit("b", 0.5)];
        let vectors = vec![hit("c", 0.8), hit("b", 0.7)];
        let fused = fuse(words, vectors, 3);
        let ids: Vec<&str> = fused.iter().map(|hit| hit.id.as_str()).collect();
        assert_eq!(ids, ["b", "a", "c"]);
        assert!((fused[0].score - 0.7).abs() < f64::EPSILON);
        assert_eq!(fuse(Vec::new(), vec![hit("x", 0.1)], 3).len(), 1);
    }
}
