//! The built-in sample account.
