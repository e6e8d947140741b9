//! IAM policy documents: one model, and five questions about its meaning.
//!
//! - [`full_admin()`]: does it allow full administration? (1.16)
//! - [`deny_http()`]: does it deny plain HTTP to a bucket? (2.1.2)
//! - [`publish()`]: does a topic's policy allow CloudWatch to publish? (4.1 to 4.15)
//! - [`public()`]: does it allow public access? (3.3)
//! - [`denials()`]: does it deny a request that a deployment plans?
//!
//! # What is read
//! Every notation that AWS accepts: one item or a list, booleans and numbers as condition values,
//! the document as an object, as a string that contains one, URL-encoded, with a byte order mark or
//! white space around it. Names of elements (`Statement`, `Effect`) and the values of `Effect` are
//! case-sensitive, as in IAM. Action names, condition keys and condition operators are not.
//!
//! # What is not understood
//! A statement is *unknown* if it has an unknown element, an effect, action or resource of another
//! form, or an element that is given twice (JSON parsers keep one of the two, and which one
//! differs). An unknown statement may do anything that its effect allows. Principals and conditions
//! that are not understood (an unknown operator or kind) are unknown by themselves; the rest of the
//! statement stays known. Each question is decided by what is understood. If the result depends on
//! a part that is not understood, the answer is *undetermined*, and the resource is *not assessed*.
//! An empty list of actions, resources or principals matches nothing. A Deny with an empty
//! `NotAction` or `NotResource` does not count.
//!
//! A document that is not a policy is an error: no JSON, no `Statement`, or an unknown element or
//! version next to it. `Resource` and `Principal` can be absent, because some kinds of policy have
//! none. Each question then assumes the worse case.
//!
//! # How certain the answers are
//! If the meaning is not certain, an answer tends towards a finding: a Deny counts only if it
//! certainly applies, an Allow counts if it may apply.
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
mod denial;
mod deny_http;
mod document;
mod error;
mod full_admin;
mod json;
mod parse;
mod public;
mod publish;

pub use self::actions::actions_date;
pub use self::denial::{
    DeniedResource, PlannedKey, PlannedRequest, PolicyDenials, StatementDenial, denials,
};
pub use self::deny_http::{DenyHttp, deny_http};
pub use self::document::{Policy, PolicyAnswer, StatementName};
pub use self::error::PolicyError;
pub use self::full_admin::{FullAdmin, full_admin};
pub use self::public::{Public, public};
pub use self::publish::{Notification, Publish, publish};
