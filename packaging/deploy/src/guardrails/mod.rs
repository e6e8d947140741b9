//! What an organization's guardrails demand: tags of stacks, the VPC of central functions, and the
//! service control policies that deny a deployment without them.

pub(crate) mod denials;
pub(crate) mod networks;
pub(crate) mod requests;
pub(crate) mod tags;
