//! Section 3: trails, recorders, keys and flow logs.

pub mod trail_all_regions;
pub mod trails;
