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
//! # What is not understood
//! A statement with an unknown element, an effect, action or resource of another form, or an
//! element that is given twice (JSON parsers keep one of the two, and which one differs) is
//! *unknown*: it may do anything that its effect allows. Principals and conditions that are not
//! understood (an unknown operator or kind) make only themselves unknown. Each question is decided
//! by what is understood; where that leaves it to a part that is not, the answer is *undetermined*,
//! and the resource is *not assessed*. An empty list of actions, resources or principals matches
//! nothing; in `NotAction` and `NotResource` a Deny with one does not count.
//!
//! A document that is no policy at all is an error: no JSON, no `Statement`, an unknown element or
//! version beside it. `Resource` and `Principal` may be absent, because some kinds of policy have
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

mod actions;
mod condition;
mod coverage;
mod deny_http;
mod document;
mod error;
mod full_admin;
mod json;
mod parse;
mod public;
mod publish;

pub use self::actions::actions_date;
pub use self::deny_http::{DenyHttp, deny_http};
pub use self::document::{Policy, PolicyAnswer, StatementName};
pub use self::error::PolicyError;
pub use self::full_admin::{FullAdmin, full_admin};
pub use self::public::{Public, public};
pub use self::publish::{Notification, Publish, publish};
