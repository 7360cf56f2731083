//! What sets a row apart from a plain one.

use super::catalogue::AWKWARD;
use crate::generate::dirt::{PurchaseOddity, Quality, QualityShares, among};
use crate::generate::options::GenerateOptions;
use crate::generate::random::{Draws, index};

/// The traits of one row, and the draws that select their variants.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RowTraits {
    pub(crate) quality: Quality<PurchaseOddity>,
    /// Every field is quoted.
    pub(crate) quoted: bool,
    /// The product has a note on a second line.
    pub(crate) newline: bool,
    /// The product has the addition of this index in [`AWKWARD`].
    pub(crate) awkward: Option<usize>,
    pub(crate) variant: u32,
    pub(crate) fine: u32,
    pub(crate) place: u32,
}

impl RowTraits {
    /// The product's addition, if it is the only trait.
    pub(crate) fn only_awkward(&self) -> Option<usize> {
        self.awkward.filter(|_| self.quality == Quality::Clean && !self.quoted && !self.newline)
    }
}

/// The shares of the traits, as thresholds for 32-bit draws.
///
/// A first draw preselects the special rows, those that may have a trait, so that plain rows need one draw instead of
/// four. The other thresholds are for draws among special rows.
#[derive(Clone, Debug)]
pub(crate) struct TraitShares {
    special: u64,
    quality: QualityShares<PurchaseOddity>,
    awkward: u64,
    quoted: u64,
    newlines: u64,
}

impl TraitShares {
    pub(crate) fn new(options: &GenerateOptions) -> Self {
        let quality = QualityShares::of_purchases(options);
        let shares = [options.awkward, options.quoted, options.quoted_newlines];
        let special = quality.threshold() + shares.iter().map(|share| share.threshold()).sum::<u64>();
        let special = special.min(1 << 32);
        Self {
            special,
            quality: quality.among(special),
            awkward: among(options.awkward.threshold(), special),
            quoted: among(options.quoted.threshold(), special),
            newlines: among(options.quoted_newlines.threshold(), special),
        }
    }

    /// Whether the draw preselects a row as special.
    #[inline]
    pub(crate) fn preselects(&self, draw: u32) -> bool {
        u64::from(draw) < self.special
    }

    /// Draws the traits of a row. A row that is not special has none; the draws are made all the same, because extra
    /// columns are drawn after them.
    pub(crate) fn traits(&self, special: bool, draws: &mut Draws) -> RowTraits {
        let (quality, quoted) = draws.halves();
        let (newline, awkward) = draws.halves();
        let (kind, variant) = draws.halves();
        let (fine, place) = draws.halves();
        let has = |draw: u32, threshold: u64| special && u64::from(draw) < threshold;
        RowTraits {
            quality: if special { self.quality.quality(quality, kind) } else { Quality::Clean },
            quoted: has(quoted, self.quoted),
            newline: has(newline, self.newlines),
            awkward: has(awkward, self.awkward).then(|| index(place, AWKWARD.len())),
            variant,
            fine,
            place,
        }
    }
}
