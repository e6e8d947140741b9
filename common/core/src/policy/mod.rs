//! IAM policy documents, by meaning: one model, and four questions to it.
//!
//! - [`full_admin()`]: does it allow everything? (1.16)
//! - [`deny_http()`]: does it deny plain HTTP to a bucket? (2.1.2)
//! - [`publish()`]: does a topic's policy let CloudWatch publish? (4.1 to 4.15)
//! - [`public()`]: does it allow everyone? (3.3)
//!
//! # What is read
//! Every spelling that AWS accepts: one item or a list, booleans and numbers as condition values,
//! the document as an object, as a text that holds one, URL-encoded, with a byte order mark or
//! white space around it. Names of elements (`Statement`, `Effect`) and the values of `Effect` are
//! case-sensitive, as IAM has them; action names, condition keys and condition operators are not.
//!
//! # What is refused
//! Anything that is not understood: unknown elements, effects, versions, kinds of principal and
//! condition operators, `Action` beside `NotAction`, an empty list of actions, resources or
//! principals, and an element given twice (JSON parsers keep one of the two, and nobody knows which
//! one another parser keeps). A refused policy is an error, and whoever asks must call the resource
//! *not assessed*. `Resource` and `Principal` may be absent, because some kinds of policy have
//! none; each question then takes the worse case.
//!
//! # How sure the answers are
//! Where the meaning is not certain, an answer leans towards a finding: a Deny counts only where it
//! certainly applies, an Allow wherever it may apply.
//!
//! | open point | a Deny | an Allow |
//! |---|---|---|
//! | condition on something that the question says nothing of | does not apply | applies |
//! | policy variable (`${…}`) in `Resource` | matches nothing | matches anything |
//! | policy variable in `NotResource` | excludes anything | excludes nothing |
//! | `Resource` or `Principal` absent | does not apply | applies |
//! | too many wildcards to decide (see [`crate::glob::find`]) | does not cover | covers |

mod condition;
mod coverage;
mod deny_http;
mod document;
mod full_admin;
mod parse;
mod public;
mod publish;
mod services;

pub use self::deny_http::{DenyHttp, deny_http};
pub use self::document::{Policy, PolicyAnswer, PolicyError, StatementName};
pub use self::full_admin::{FullAdmin, full_admin};
pub use self::public::{Public, public};
pub use self::publish::{Notification, Publish, publish};
