//! A scan in the forms that other programs and people read.

pub(crate) mod csv;
pub(crate) mod html;
pub(crate) mod ocsf;
