//! What the program prints and writes, in the formats that people and other programs read.

pub(crate) mod csv;
pub(crate) mod html;
pub(crate) mod markdown;
pub(crate) mod matrix;
pub(crate) mod scan;
pub(crate) mod table;
