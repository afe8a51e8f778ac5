//! Pauses between attempts, so that many sidecars that lost one Redis are no storm when it is back.

use std::time::Duration;

/// The first pause between attempts to connect, and the longest.
const PAUSE_MIN: Duration = Duration::from_millis(25);
const PAUSE_MAX: Duration = Duration::from_millis(800);

/// Growing pauses, each random within its upper half, so that many sidecars do not come back in step.
#[derive(Debug, Default)]
pub(super) struct Pauses {
    so_far: u32,
}

impl Pauses {
    pub(super) fn next(&mut self) -> Duration {
        let whole = PAUSE_MIN.saturating_mul(1 << self.so_far.min(10)).min(PAUSE_MAX);
        self.so_far = self.so_far.saturating_add(1);
        let mut random = [0];
        // Without randomness the pause is merely not spread.
        let _ = getrandom::fill(&mut random);
        let [random] = random;
        whole / 2 + (whole / 2).mul_f64(f64::from(random) / 255.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_a_limit_and_are_spread() {
        let mut pauses = Pauses::default();
        let first = pauses.next();
        assert!(first >= PAUSE_MIN / 2 && first <= PAUSE_MIN, "{first:?}");
        let later: Vec<_> = (0..200).map(|_| pauses.next()).collect();
        assert!(later.iter().skip(8).all(|pause| (PAUSE_MAX / 2..=PAUSE_MAX).contains(pause)));
        assert!(later.iter().skip(8).collect::<std::collections::BTreeSet<_>>().len() > 20, "spread");
    }
}
