//! What the exact searches over all texts and over all events share: sets of bits, and a limit on
//! the work for one question.

mod bits;
mod budget;

pub(crate) use bits::Bits;
pub(crate) use budget::Budget;
